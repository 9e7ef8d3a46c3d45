package link

import (
	"time"

	"groove/internal/clock"
	"groove/sim/event"
)

// flow is one direction of a connection.
type flow struct {
	left int64 // of the head: bytes to send times nano
	rate int64 // bytes per second, until the next step
	head uint32
	tail uint32 // messages, plus one
	gen  uint32

	from, to uint32
	at       [2]uint32 // place among the flows of the sender's uplink and the receiver's downlink
	place    uint32    // in active
	state    flowState
	open     bool // the sender's side has not closed
	gone     bool // a Closed is on its way to the sender's side
	wantRoom bool // the sender waits for room
	isSlow   bool // in Net.slow

	buffered int64 // bytes sent and not yet on the wire
	room     int64 // the sender is told when buffered has fallen to this
	cap      int64 // slow start's limit
	warm     time.Duration
	delay    time.Duration
	lastOut  clock.Time // when the last byte left
	lastBusy clock.Time // when the last backlog ended
}

// flowState says in which list a flow is.
type flowState uint8

const (
	idle   flowState = iota
	fresh            // has a backlog, takes part from the next step on
	active           // takes part
)

// Send gives a message of size bytes to the sender at e; payload of them are what the swarm is
// there for, the rest is control. Its last byte reaches the far end as a Delivered event. Nothing
// happens if the connection is closed.
func (n *Net[P]) Send(e End, size, payload int, body P) {
	f := n.flow(e)
	if f == nil {
		return
	}
	now := n.q.Now()
	m := n.newMessage()
	n.msgs[m] = message[P]{size: int64(size), payload: int64(payload), since: now, body: body}
	if f.state == idle && size <= small && n.controlFits(f, int64(size)) {
		n.sendNow(e.slot, m)
		return
	}
	f.buffered += int64(size)
	if f.head == 0 {
		f.head, f.left = m+1, int64(size)*nano
	} else {
		n.msgs[f.tail-1].next = m + 1
	}
	f.tail = m + 1
	if f.state == idle {
		f.state = fresh
		n.fresh = append(n.fresh, e.slot)
		n.wake()
	}
}

// controlFits reports whether a small message may leave at once: small ones together may fill
// part of a line only.
func (n *Net[P]) controlFits(f *flow, size int64) bool {
	l, r := &n.nodes[f.from].line[up], &n.nodes[f.to].line[down]
	return l.fits(size) && r.fits(size)
}

// sendNow lets a small message of an idle connection leave at its fair share of the uplink.
func (n *Net[P]) sendNow(slot, m uint32) {
	f := &n.flows[slot]
	size := n.msgs[m].size
	l := &n.nodes[f.from].line[up]
	share := max(l.capacity/int64(len(l.flows)+1), 1)
	out := max(n.q.Now(), f.lastOut).Add(time.Duration(size * nano / share))
	l.owed += size
	n.nodes[f.to].line[down].owed += size
	n.wake()
	n.depart(slot, m, out)
}

// depart counts a message whose last byte leaves at out, and announces its arrival.
func (n *Net[P]) depart(slot, m uint32, out clock.Time) {
	f := &n.flows[slot]
	f.lastOut = out
	msg := &n.msgs[m]
	t := &n.nodes[f.from].Traffic
	t.UpPayload += msg.payload
	t.UpControl += msg.size - msg.payload
	n.q.Push(event.Event{At: out.Add(f.delay), Kind: Delivered, Node: f.to, A: slot ^ 1, B: m, Gen: f.gen})
}

// Take returns what a Delivered event brought, and to which end; false if that end has closed.
func (n *Net[P]) Take(ev event.Event) (End, P, bool) {
	m := &n.msgs[ev.B]
	body, size, payload := m.body, m.size, m.payload
	n.freeMessage(ev.B)
	e := End{ev.A, ev.Gen}
	x := &n.nodes[ev.Node]
	x.DownPayload += payload
	x.DownControl += size - payload
	x.line[up].ackFor += size
	n.wake()
	return e, body, n.flow(e) != nil
}

// Buffered returns how many bytes the sender at e has sent that are not yet on the wire, the
// message that is being sent counted whole.
func (n *Net[P]) Buffered(e End) int {
	if f := n.flow(e); f != nil {
		return int(f.buffered)
	}
	return 0
}

// Rate returns the speed at which e sends at present, in bytes per second; 0 without a backlog.
func (n *Net[P]) Rate(e End) int64 {
	if f := n.flow(e); f != nil && f.state == active {
		return f.rate
	}
	return 0
}

// WantRoom has a later Step name e when at most buffered bytes wait there.
func (n *Net[P]) WantRoom(e End, buffered int) {
	if f := n.flow(e); f != nil {
		f.wantRoom, f.room = true, int64(buffered)
	}
}

// Close ends a connection from the side of e: what is not on the wire is lost, what has left for e
// too. The far end is told by a Closed event, after what has left for it.
func (n *Net[P]) Close(e End) {
	f := n.flow(e)
	if f == nil {
		return
	}
	f.open = false
	n.abandon(e.slot)
	far := &n.flows[e.slot^1]
	if f.gone {
		return // both sides closed; the event that is on its way ends it
	}
	n.abandon(e.slot ^ 1)
	far.gone = true
	at := max(n.q.Now(), f.lastOut).Add(f.delay)
	n.q.Push(event.Event{At: at, Kind: Closed, Node: f.to, A: e.slot ^ 1, Gen: f.gen})
}

// Gone returns the end that a Closed event is for, and frees the connection; false if that end had
// closed by itself.
func (n *Net[P]) Gone(ev event.Event) (End, bool) {
	e := End{ev.A, ev.Gen}
	told := n.flow(e) != nil
	n.flows[e.slot].open = false
	n.abandon(e.slot) // what it sent before it knew
	n.free = append(n.free, e.slot&^1)
	return e, told
}

// abandon drops the backlog of a flow.
func (n *Net[P]) abandon(slot uint32) {
	f := &n.flows[slot]
	if f.state == active {
		t := &n.nodes[f.from].Traffic
		if n.msgs[f.head-1].payload > 0 {
			t.UpPayload += n.begun(f)
		} else {
			t.UpControl += n.begun(f)
		}
	}
	for f.head != 0 {
		m := f.head - 1
		f.head = n.msgs[m].next
		n.freeMessage(m)
	}
	f.buffered = 0
	switch f.state {
	case active:
		n.detach(slot)
	case fresh:
		f.state = idle // the next step passes over it
	}
}

// begun returns how many bytes of the head of an active flow are on the wire.
func (n *Net[P]) begun(f *flow) int64 {
	return n.msgs[f.head-1].size - (f.left+nano-1)/nano
}

func (n *Net[P]) newMessage() uint32 {
	if n.freeMsg != 0 {
		m := n.freeMsg - 1
		n.freeMsg = n.msgs[m].next
		return m
	}
	n.msgs = append(n.msgs, message[P]{})
	return uint32(len(n.msgs) - 1)
}

func (n *Net[P]) freeMessage(m uint32) {
	n.msgs[m] = message[P]{next: n.freeMsg}
	n.freeMsg = m + 1
}
