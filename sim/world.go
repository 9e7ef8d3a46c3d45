package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"groove/internal/clock"
	"groove/sim/event"
	"groove/sim/link"
	"groove/sim/stories"
	"groove/torrent/metainfo"
)

// The events of this package; those of link come before.
const (
	arrives     event.Kind = 16 + iota // Node comes
	departs                            // Node goes
	answers                            // the tracker answers Node
	announces                          // Node asks the tracker again
	establishes                        // Node's dial of A has made its way there and back
	unreachable                        // Node's dial of A has failed
	stored                             // Node's disk is done with the buffer of slot A, generation Gen
	ticks                              // Node's timer
	samples                            // a second is over
)

// member is what a node does; each method is one thing that can happen to it. The real one is
// swarmNode.
type member interface {
	start()
	connected(s *side)
	received(s *side, p packet)
	room(s *side)
	closed(s *side)
	introduced(nodes []uint32)
	failed(to uint32) // a dial of it came to nothing
	happened(e event.Event)
}

// node is one place in the story, whether somebody is there or not.
type node struct {
	member
	id      uint32
	group   int
	present bool
}

// side is one end of a connection, as its owner sees it.
type side struct {
	end      link.End
	owner    uint32
	far      uint32
	outgoing bool
	open     bool // the member knows of it
	peer     peerSide
}

// world is a run in progress.
type world struct {
	story stories.Story
	seed  uint64
	q     event.Queue
	info  *metainfo.Info
	net   *link.Net[packet]
	nodes []*node
	sides []side // by End.Slot
	make  func(*world, *node) member
	tally *Tally
	log   *eventLog
	rng   *rand.Rand // of the tracker and the story
	here  []uint32   // who the tracker knows
	draw  []uint32   // scratch of the tracker
	ended bool
}

func newWorld(story stories.Story, o Options, make func(*world, *node) member) (*world, error) {
	info, err := newInfo(story)
	if err != nil {
		return nil, fmt.Errorf("lay out story %q: %w", story.Name, err)
	}
	w := &world{story: story, info: info, seed: o.Seed, make: make, rng: event.Rand(o.Seed, math.MaxUint32, "world")}
	w.net = link.New[packet](&w.q)
	w.log = &eventLog{to: o.Log}
	for g := range story.Groups {
		group := &story.Groups[g]
		for range group.Count {
			id := w.net.AddNode(bytesPerSecond(group.Up), bytesPerSecond(group.Down))
			w.nodes = append(w.nodes, &node{id: uint32(id), group: g})
		}
	}
	w.tally = newTally(story, w.net, w.nodes)
	w.planArrivals()
	w.q.Push(event.Event{At: clock.Time(sampleEvery), Kind: samples})
	return w, nil
}

func bytesPerSecond(mbit float64) int64 { return int64(math.Round(mbit * 125_000)) }

// play handles one event after the other until everybody who counts is done.
func (w *world) play() {
	for !w.ended {
		e, ok := w.q.Pop()
		if !ok || e.At > clock.Time(w.story.Limit) {
			return
		}
		w.tally.Events++
		w.handle(e)
	}
}

func (w *world) handle(e event.Event) {
	switch e.Kind {
	case link.Stepped:
		for _, end := range w.net.Step() {
			if s := &w.sides[end.Slot()]; s.end == end && s.open {
				w.nodes[s.owner].room(s)
			}
		}
	case link.Delivered:
		if end, p, ok := w.net.Take(e); ok {
			w.deliver(end, p)
		}
	case link.Closed:
		if end, told := w.net.Gone(e); told {
			w.lost(end)
		}
	case arrives:
		w.arrive(w.nodes[e.Node])
	case departs:
		w.depart(w.nodes[e.Node])
	case announces:
		w.announceAgain(w.nodes[e.Node])
	case answers:
		w.answer(w.nodes[e.Node])
	case establishes:
		w.establish(e.Node, e.A)
	case unreachable:
		if n := w.nodes[e.Node]; n.present {
			n.failed(e.A)
		}
	case samples:
		w.sample()
	default:
		if n := w.nodes[e.Node]; n.present {
			n.happened(e)
		}
	}
}

// deliver hands a packet to its receiver. The first in each direction is the handshake.
func (w *world) deliver(end link.End, p packet) {
	s := &w.sides[end.Slot()]
	w.log.message(w.q.Now(), s.far, s.owner, p)
	n := w.nodes[s.owner]
	switch {
	case !p.handshake:
		n.received(s, p)
	case s.outgoing:
		s.open = true
		n.connected(s)
	default:
		s.open = true
		w.net.Send(s.end, handshakeSize, 0, packet{handshake: true})
		n.connected(s)
	}
}

// lost tells a member that the far end has closed.
func (w *world) lost(end link.End) {
	s := &w.sides[end.Slot()]
	n := w.nodes[s.owner]
	if !s.open {
		if s.outgoing && n.present {
			n.failed(s.far)
		}
		return
	}
	s.open = false
	n.closed(s)
}

// close ends a connection from the side of s.
func (w *world) close(s *side) {
	s.open = false
	w.net.Close(s.end)
}

// send gives a control message to the wire.
func (w *world) send(s *side, p packet) {
	w.net.Send(s.end, p.size(), 0, p)
}

// rtt is the round-trip time of a pair, the same for the whole run.
func (w *world) rtt(a, b uint32) time.Duration {
	return time.Duration(event.Between(w.seed, a, b, int64(w.story.RTT[0]), int64(w.story.RTT[1])))
}

// sample notes what the uplinks carried in the last second.
func (w *world) sample() {
	w.tally.sample(w.q.Now())
	w.q.Push(event.Event{At: w.q.Now().Add(sampleEvery), Kind: samples})
	w.ended = w.tally.finished()
}
