package swarm

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/merkle"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// A crowd is several swarms of one torrent in memory: messages travel in order within a
// connection and in random order between connections; disk answers come when the dice say.
type crowd struct {
	t     testing.TB
	rng   *rand.Rand
	now   clock.Time
	info  *metainfo.Info
	data  []byte
	nodes []*node
	queue []func() // things that may happen next; each connection's are kept in order by its pipe
	steps int
}

// node is one member with its shell.
type node struct {
	c       *crowd
	name    string
	addr    netip.AddrPort
	s       *Swarm
	disk    []byte
	memory  map[Buffer][]byte
	links   map[Peer]*link
	events  []Event
	dropped map[Reason]int
	corrupt func(b []byte) // spoils what it sends
	sent    int
}

// link is one end of a connection.
type link struct {
	from  *node
	ref   Peer
	other *link
	pipe  []any // wire.Message or span to deliver to the other end
	open  bool
}

type span struct {
	piece         layout.PieceIndex
	begin, length int
}

func newCrowd(t testing.TB, seed uint64, pieceLength int, files ...layout.File) *crowd {
	rng := rand.New(rand.NewPCG(seed, 99))
	l, err := layout.New(int64(pieceLength), files)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{t: t, rng: rng, data: make([]byte, l.Total())}
	for i := range c.data {
		c.data[i] = byte(rng.Uint32())
	}
	for i, f := range files {
		if f.Pad {
			clear(c.data[l.FileStart(i) : l.FileStart(i)+f.Length])
		}
	}
	c.info = &metainfo.Info{ID: infohash.FromV1(infohash.V1{1}), Layout: l, HasV1: true}
	return c
}

// join adds a member that has the given pieces.
func (c *crowd) join(name string, have ...int) *node {
	n := &node{
		c: c, name: name, memory: map[Buffer][]byte{}, links: map[Peer]*link{}, dropped: map[Reason]int{},
		addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, 64, 0, byte(len(c.nodes) + 1)}), 7001),
		disk: make([]byte, len(c.data)),
	}
	set := bitset.New(c.info.Layout.Pieces())
	for _, i := range have {
		set.Add(i)
		p := layout.PieceIndex(i)
		start := c.info.Layout.Start(p)
		copy(n.disk[start:start+int64(c.info.Layout.Length(p))], c.data[start:])
	}
	n.s = New(Config{
		ID: c.info.ID, Info: c.info, PeerID: [20]byte{byte(len(c.nodes) + 1)}, Port: 7001, Version: name,
		Rand: rand.New(rand.NewPCG(uint64(len(c.nodes)), 7)), Budget: 1 << 20,
	})
	c.nodes = append(c.nodes, n)
	n.do(func(now clock.Time, out []Effect) []Effect { return n.s.Ready(now, set, nil, out) })
	return n
}

func (c *crowd) all() []int {
	var list []int
	for i := range c.info.Layout.Pieces() {
		list = append(list, i)
	}
	return list
}

// do gives one input to a node and carries out what it wants.
func (n *node) do(input func(clock.Time, []Effect) []Effect) {
	n.c.steps++
	effects := input(n.c.now, nil)
	effects = n.s.Settle(n.c.now, effects)
	if err := n.s.check(); err != nil {
		n.c.t.Fatalf("step %d, %s: %v", n.c.steps, n.name, err)
	}
	for _, e := range effects {
		n.carryOut(e)
	}
}

func (n *node) carryOut(e Effect) {
	l := n.c.info.Layout
	switch e.Kind {
	case Send:
		if k := n.links[e.Peer]; k != nil && k.open {
			k.pipe = append(k.pipe, e.Message)
		}
	case SendSpan:
		if !n.s.picker.Have().Has(int(e.Piece)) {
			n.c.t.Fatalf("%s serves piece %d without having it", n.name, e.Piece)
		}
		if k := n.links[e.Peer]; k != nil && k.open {
			k.pipe = append(k.pipe, span{e.Piece, e.Begin, e.Length})
		}
	case Drop:
		n.dropped[e.Reason]++
		if k := n.links[e.Peer]; k != nil {
			k.close()
		}
	case Hash:
		n.later(func() {
			n.do(func(now clock.Time, out []Effect) []Effect { return n.s.Hashed(now, e.Buffer, out) })
		})
	case Store:
		n.later(func() { n.store(e, n.memory[e.Buffer]) })
	case StoreBlock:
		at := l.Start(e.Piece) + int64(e.Begin)
		copy(n.disk[at:at+int64(e.Length)], n.memory[e.Buffer])
		n.later(func() {
			n.do(func(now clock.Time, out []Effect) []Effect { return n.s.BlockStored(now, e.Buffer, nil, out) })
		})
	case Verify:
		at := l.Start(e.Piece)
		n.later(func() { n.store(e, n.disk[at:at+int64(l.DataLength(e.Piece))]) })
	case Free:
		delete(n.memory, e.Buffer)
	case Tell:
		n.events = append(n.events, *e.Event)
	}
}

// store plays the disk: compare with the truth, write, answer.
func (n *node) store(e Effect, data []byte) {
	at := n.c.info.Layout.Start(e.Piece)
	v := Corrupt
	if bytes.Equal(data, n.c.data[at:at+int64(len(data))]) {
		v = Good
		copy(n.disk[at:], data)
	}
	var hashes []merkle.Hash
	if v == Corrupt || e.Blocks {
		for b := 0; b < len(data); b += layout.BlockSize {
			hashes = append(hashes, merkle.LeafHash(data[b:min(b+layout.BlockSize, len(data))]))
		}
	}
	n.do(func(now clock.Time, out []Effect) []Effect { return n.s.Stored(now, e.Buffer, v, hashes, nil, out) })
}

func (n *node) later(f func()) { n.c.queue = append(n.c.queue, f) }

// dial connects two members.
func (c *crowd) dial(a, b *node, fast bool) {
	x, y := &link{from: a, open: true}, &link{from: b, open: true}
	x.other, y.other = y, x
	connect := func(n *node, k *link, to *node, outgoing bool) {
		n.do(func(now clock.Time, out []Effect) []Effect {
			info := PeerInfo{Addr: to.addr, Outgoing: outgoing, ID: to.s.cfg.PeerID, Fast: fast, Extended: true}
			k.ref, out = n.s.PeerConnected(now, info, out)
			n.links[k.ref] = k
			return out
		})
	}
	connect(a, x, b, true)
	connect(b, y, a, false)
}

func (k *link) close() {
	if !k.open {
		return
	}
	k.open = false
	n := k.from
	delete(n.links, k.ref)
	n.later(func() {
		n.do(func(now clock.Time, out []Effect) []Effect { return n.s.PeerGone(now, k.ref, out) })
	})
	if o := k.other; o.open {
		n.later(o.close)
	}
}

// deliver hands the next thing in a pipe to its far end; half of the blocks break when the dice say so.
func (k *link) deliver() {
	item := k.pipe[0]
	k.pipe = k.pipe[1:]
	to := k.other
	if !to.open {
		return
	}
	switch m := item.(type) {
	case wire.Message:
		to.from.do(func(now clock.Time, out []Effect) []Effect { return to.from.s.Receive(now, to.ref, m, out) })
	case span:
		for at := m.begin; at < m.begin+m.length; at += layout.BlockSize {
			to.land(m.piece, at, min(layout.BlockSize, m.begin+m.length-at), k.from)
		}
		k.from.sent += m.length
		k.from.do(func(now clock.Time, out []Effect) []Effect {
			return k.from.s.SpanSent(now, k.ref, m.length, false, out)
		})
	}
}

func (k *link) land(piece layout.PieceIndex, begin, length int, giver *node) {
	n := k.from
	l, ok := n.s.Land(n.c.now, k.ref, uint32(piece), uint32(begin), uint32(length))
	if !ok {
		return
	}
	buf := n.memory[l.Lease.Buffer]
	if buf == nil {
		buf = make([]byte, l.Size)
		n.memory[l.Lease.Buffer] = buf
	}
	at := n.c.info.Layout.Start(piece) + int64(begin)
	copy(buf[l.Offset:l.Offset+length], giver.disk[at:])
	if giver.corrupt != nil {
		giver.corrupt(buf[l.Offset : l.Offset+length])
	}
	n.do(func(now clock.Time, out []Effect) []Effect { return n.s.Landed(now, k.ref, l.Lease, out) })
}

// run lets things happen in random order until nothing is left, then lets time pass.
func (c *crowd) run(until func() bool) {
	for range 200_000 {
		if until() {
			return
		}
		var pipes []*link
		for _, n := range c.nodes {
			for slot := range n.s.peers {
				if p := n.s.peers[slot]; p != nil && n.links[p.ref] != nil && len(n.links[p.ref].pipe) > 0 {
					pipes = append(pipes, n.links[p.ref])
				}
			}
		}
		total := len(pipes) + len(c.queue)
		if total == 0 {
			c.now = c.now.Add(time.Second)
			for _, n := range c.nodes {
				n.do(n.s.Tick)
			}
			continue
		}
		c.now = c.now.Add(time.Millisecond)
		if i := c.rng.IntN(total); i < len(pipes) {
			pipes[i].deliver()
		} else {
			i -= len(pipes)
			f := c.queue[i]
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			f()
		}
	}
	for _, n := range c.nodes {
		c.t.Logf("%s: %+v", n.name, n.s.Stats(c.now))
	}
	c.t.Fatal("it never ends")
}

func (n *node) complete() bool { return n.s.complete() && bytes.Equal(n.disk, n.c.data) }

func (n *node) told(k EventKind) int {
	count := 0
	for _, e := range n.events {
		if e.Kind == k {
			count++
		}
	}
	return count
}

// One seed gives a show to several getters who also give to each other. Everybody ends with every byte.
func TestEverybodyEndsWithEveryByte(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := newCrowd(t, seed, 3*layout.BlockSize,
				layout.File{Path: "a", Length: 300_000}, layout.File{Length: 40_000, Pad: true}, layout.File{Path: "b", Length: 123_457})
			c.join("seed", c.all()...)
			for i := range 4 {
				c.join(fmt.Sprint("getter", i))
			}
			for i, a := range c.nodes {
				for _, b := range c.nodes[:i] {
					c.dial(a, b, seed%2 == 0)
				}
			}
			c.run(func() bool {
				for _, n := range c.nodes {
					if !n.complete() {
						return false
					}
				}
				return true
			})
			for _, n := range c.nodes[1:] {
				if n.told(WantedComplete) != 1 || n.told(PieceComplete) != c.info.Layout.Pieces() {
					t.Errorf("%s heard %d times of the end, %d times of a piece", n.name, n.told(WantedComplete), n.told(PieceComplete))
				}
			}
		})
	}
}

// One of five sources spoils what it sends. The getter finds out which one, drops that one alone, and
// still gets everything.
func TestTheLiarIsFoundAndNobodyElse(t *testing.T) {
	for seed := range uint64(8) {
		c := newCrowd(t, seed, 8*layout.BlockSize, layout.File{Path: "a", Length: 3_000_000})
		getter := c.join("getter")
		for i := range 5 {
			n := c.join(fmt.Sprint("seed", i), c.all()...)
			if i == 3 {
				n.corrupt = func(b []byte) { b[0] ^= 1 }
			}
			c.dial(getter, n, true)
		}
		c.run(getter.complete)
		if getter.dropped[CorruptData] != 1 || len(getter.s.blame.order) != 1 {
			t.Fatalf("seed %d: dropped %v", seed, getter.dropped)
		}
		if got := netip.AddrPort(getter.s.blame.order[0]).Addr(); got != c.nodes[4].addr.Addr() {
			t.Fatalf("seed %d: banned %v, the liar is %v", seed, got, c.nodes[4].addr)
		}
	}
}
