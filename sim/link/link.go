// Package link is the network under a simulated swarm: lines with a speed, pairs with a delay.
//
// It knows nodes with an uplink and a downlink, connections that carry messages in order both
// ways, and who gets which part of a line when; it refuses to know what the messages mean. Rates
// are max-min fair over both ends' lines, computed every 10 ms; new and idle connections start
// slowly; acks and control messages cost what they weigh. It leaves out losses, queues in routers
// and headers. Called by sim, events go through an event.Queue. Units are bytes, bytes per second
// and clock.Time; integers only, so that every machine computes the same. One goroutine; nothing
// allocates once all slices have grown. Start reading at Net, then Send and Step.
package link

import (
	"time"

	"groove/internal/clock"
	"groove/sim/event"
)

// The events that this package pushes. Their owner hands them back: Step, Take, Gone.
const (
	Stepped   event.Kind = iota // a batch is over: Step
	Delivered                   // a message has arrived: Take
	Closed                      // the far end closed: Gone
)

// Node is the number of a node, counted from 0 in the order of AddNode.
type Node uint32

// End is one side of a connection, as the node on that side sees it. The zero End is none.
type End struct{ slot, gen uint32 }

// Slot returns a small number that no other end of an open connection has.
func (e End) Slot() uint32 { return e.slot }

// Net is all lines and connections. P is what a message carries.
type Net[P any] struct {
	q       *event.Queue
	nodes   []node
	flows   []flow // by End.slot; what that end sends. The far end is slot^1
	free    []uint32
	gen     uint32
	msgs    []message[P]
	freeMsg uint32 // the first unused message, plus one

	active   []uint32 // flows with a backlog
	fresh    []uint32 // flows that have one since the last step
	slow     []uint32 // active flows that still start slowly
	dirty    []uint32 // lines to compute anew: node*2, +1 for the downlink
	touched  []uint32 // lines that were, in this step
	limits   []int64
	writable []End
	steps    uint64
	awake    uint64 // the step until which there is something to settle
	stepping bool   // a step is in the queue
}

// node is a member of the network.
type node struct {
	line [2]line // up, down
	Traffic
}

// Traffic is what a node's lines have carried, in bytes. Up counts what it sent, a message when its
// last byte left; Down what reached it.
type Traffic struct {
	UpPayload, UpControl, UpAcks int64
	DownPayload, DownControl     int64
}

// The two lines of a node.
const (
	up   = 0
	down = 1
)

// message waits in a flow or is on its way.
type message[P any] struct {
	size    int64
	payload int64
	since   clock.Time // when it was sent
	next    uint32     // in the flow, plus one
	body    P
}

// New returns a network without nodes that pushes its events into q.
func New[P any](q *event.Queue) *Net[P] { return &Net[P]{q: q} }

// AddNode adds a node with these capacities in bytes per second, at least 1. A downlink whose acks
// would overfill the uplink counts for less.
func (n *Net[P]) AddNode(upBps, downBps int64) Node {
	var x node
	x.line[up].init(upBps)
	x.line[down].init(min(downBps, upBps*ackShare*(leastShare-1)/leastShare))
	n.nodes = append(n.nodes, x)
	return Node(len(n.nodes) - 1)
}

// Connect opens a connection, at once, and returns the ends of a and b. delay is the time a byte
// takes one way, at least Batch.
func (n *Net[P]) Connect(a, b Node, delay time.Duration) (End, End) {
	delay = max(delay, Batch)
	var slot uint32
	if k := len(n.free); k > 0 {
		slot, n.free = n.free[k-1], n.free[:k-1]
	} else {
		slot = uint32(len(n.flows))
		n.flows = append(n.flows, flow{}, flow{})
	}
	n.gen++
	n.open(slot, uint32(a), uint32(b), delay)
	n.open(slot+1, uint32(b), uint32(a), delay)
	return End{slot, n.gen}, End{slot + 1, n.gen}
}

func (n *Net[P]) open(slot, from, to uint32, delay time.Duration) {
	n.flows[slot] = flow{
		from: from, to: to, gen: n.gen, delay: delay, open: true,
		isSlow: n.flows[slot].isSlow, // the list may still name the slot
	}
}

// Traffic returns what a node's lines have carried so far.
func (n *Net[P]) Traffic(x Node) Traffic { return n.nodes[x].Traffic }

// Sent returns all bytes that a node has put on its uplink so far, those of unfinished messages
// and acks included.
func (n *Net[P]) Sent(x Node) int64 {
	t := &n.nodes[x]
	sum := t.UpPayload + t.UpControl + t.UpAcks
	for _, s := range t.line[up].flows {
		sum += n.begun(&n.flows[s])
	}
	return sum
}

// Far returns the node at the other side of a connection, also while it closes.
func (n *Net[P]) Far(e End) Node { return Node(n.flows[e.slot].to) }

// Delay returns the one-way delay of a connection.
func (n *Net[P]) Delay(e End) time.Duration { return n.flows[e.slot].delay }

// flow returns what e sends; nil if the connection is closed on this side.
func (n *Net[P]) flow(e End) *flow {
	if int(e.slot) >= len(n.flows) {
		return nil
	}
	if f := &n.flows[e.slot]; f.gen == e.gen && f.open {
		return f
	}
	return nil
}
