package link

import (
	"time"

	"groove/internal/clock"
	"groove/sim/event"
)

// Step closes a batch: messages that were finished in it leave, new backlogs join, and the lines
// are shared anew. It returns the ends that have the room they wanted; the slice is valid until
// the next Step.
func (n *Net[P]) Step() []End {
	n.steps++
	n.writable = n.writable[:0]
	n.advance()
	n.grow()
	n.settleSome()
	n.admit()
	n.share()
	n.stepping = false
	if len(n.active) > 0 || n.steps < n.awake {
		n.plan()
	}
	return n.writable
}

// wake keeps the steps going until what was just charged to a line is settled.
func (n *Net[P]) wake() {
	n.awake = n.steps + 2*settleEvery
	if !n.stepping {
		n.plan()
	}
}

// plan puts the next step on the grid of batches.
func (n *Net[P]) plan() {
	n.stepping = true
	batch := clock.Time(Batch)
	n.q.Push(event.Event{At: (n.q.Now()/batch + 1) * batch, Kind: Stepped})
}

// advance moves every active flow through the batch that ends now.
func (n *Net[P]) advance() {
	for i := 0; i < len(n.active); {
		slot := n.active[i]
		f := &n.flows[slot]
		f.left -= f.rate * int64(Batch)
		if f.left <= 0 {
			n.finish(slot)
		}
		if f.state == active {
			i++ // else another flow has taken its place
		}
	}
}

// finish lets the messages of a flow leave that the batch completed.
func (n *Net[P]) finish(slot uint32) {
	f := &n.flows[slot]
	now := n.q.Now()
	for f.left <= 0 {
		m := f.head - 1
		beyond := -f.left // what the flow could send since the message ended
		out := now - clock.Time(beyond/f.rate)
		f.head = n.msgs[m].next
		f.buffered -= n.msgs[m].size
		n.depart(slot, m, out)
		if f.head == 0 {
			n.detach(slot)
			f.lastBusy = now
			break
		}
		next := &n.msgs[f.head-1]
		if next.since > out {
			beyond = f.rate * int64(now-next.since)
		}
		f.left = next.size*nano - beyond
	}
	if f.wantRoom && f.buffered <= f.room {
		f.wantRoom = false
		n.writable = append(n.writable, End{slot, f.gen})
	}
}

// grow raises the limit of the flows that start slowly: their window doubles each round trip.
func (n *Net[P]) grow() {
	kept := n.slow[:0]
	for _, slot := range n.slow {
		f := &n.flows[slot]
		if f.state != active {
			f.isSlow = false
			continue
		}
		before := f.cap
		f.warm += Batch
		n.limit(f)
		if f.cap != before {
			n.touch(f.from, up)
			n.touch(f.to, down)
		}
		if f.isSlow = f.cap != unlimited; f.isSlow {
			kept = append(kept, slot)
		}
	}
	n.slow = kept
}

// limit sets slow start's limit of a flow, or none once it could fill its lines.
func (n *Net[P]) limit(f *flow) {
	rtt := 2 * f.delay
	window := int64(initialWindow) << min(f.warm/rtt, 32)
	f.cap = window * int64(time.Second/time.Microsecond) / int64(rtt/time.Microsecond)
	if f.cap >= min(n.nodes[f.from].line[up].capacity, n.nodes[f.to].line[down].capacity) {
		f.cap = unlimited
	}
}

// admit lets the flows with a new backlog take part.
func (n *Net[P]) admit() {
	for _, slot := range n.fresh {
		f := &n.flows[slot]
		if f.state != fresh {
			continue // closed meanwhile
		}
		if f.lastBusy == 0 || n.q.Now().Sub(f.lastBusy) > idleAfter {
			f.warm = 0
		}
		n.limit(f)
		if f.cap != unlimited && !f.isSlow {
			f.isSlow = true
			n.slow = append(n.slow, slot)
		}
		n.attach(slot)
	}
	n.fresh = n.fresh[:0]
}

// attach enters a flow in the lists of its lines.
func (n *Net[P]) attach(slot uint32) {
	f := &n.flows[slot]
	f.state = active
	f.place = uint32(len(n.active))
	n.active = append(n.active, slot)
	for side, x := range [2]uint32{f.from, f.to} {
		l := &n.nodes[x].line[side]
		f.at[side] = uint32(len(l.flows))
		l.flows = append(l.flows, slot)
		n.touch(x, side)
	}
}

// detach takes a flow out of them; the last of each list takes its place.
func (n *Net[P]) detach(slot uint32) {
	f := &n.flows[slot]
	f.state, f.rate = idle, 0
	last := n.active[len(n.active)-1]
	n.active[f.place] = last
	n.flows[last].place = f.place
	n.active = n.active[:len(n.active)-1]
	for side, x := range [2]uint32{f.from, f.to} {
		l := &n.nodes[x].line[side]
		last := l.flows[len(l.flows)-1]
		l.flows[f.at[side]] = last
		n.flows[last].at[side] = f.at[side]
		l.flows = l.flows[:len(l.flows)-1]
		n.touch(x, side)
	}
}
