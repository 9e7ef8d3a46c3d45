package sim

import (
	"groove/sim/event"
	"groove/torrent/wire"
)

// claimer says that it has everything, lets everybody ask, and never answers.
type claimer struct {
	w *world
	n *node
}

func (c *claimer) start()                 {}
func (c *claimer) received(*side, packet) {}
func (c *claimer) room(*side)             {}
func (c *claimer) closed(*side)           {}
func (c *claimer) failed(uint32)          {}
func (c *claimer) happened(event.Event)   {}

func (c *claimer) introduced(nodes []uint32) {
	for _, id := range nodes {
		c.w.dial(c.n.id, id)
	}
}

func (c *claimer) connected(s *side) {
	c.w.send(s, packet{kind: wire.HaveAll})
	c.w.send(s, packet{kind: wire.Unchoke})
}
