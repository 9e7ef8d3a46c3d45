package link

// line is one direction of a node's access.
type line struct {
	capacity int64 // bytes per second
	usable   int64 // of it for the flows; the rest pays for acks and control messages
	level    int64 // what a flow gets that nothing else limits; unlimited where the line has bytes to spare
	flows    []uint32
	dirty    bool // in Net.dirty, still to be computed
	touched  bool // in Net.touched
	owed     int64
	ackFor   int64 // bytes received that no ack was charged for
	debt     int64 // bytes carried outside the flows that the flows have not yet made room for
	settled  uint64
}

func (l *line) init(capacity int64) {
	l.capacity, l.usable, l.level = max(capacity, 1), max(capacity, 1), unlimited
}

// fits reports whether a small message may be carried outside the flows.
func (l *line) fits(size int64) bool {
	return l.owed+size <= max(l.capacity*int64(settleEvery*Batch)/nano/controlShare, small)
}

// touch notes that a line is to be computed anew.
func (n *Net[P]) touch(x uint32, side int) {
	l := &n.nodes[x].line[side]
	if !l.dirty {
		l.dirty = true
		n.dirty = append(n.dirty, 2*x+uint32(side))
	}
}

// share computes the max-min fair rates: the level of each touched line is where its flows fill
// it, given the levels at their other ends; a level that moved touches the lines at those ends.
// The lowest level is right after one round and never moves again, then the next, so this ends.
func (n *Net[P]) share() {
	for i := 0; i < len(n.dirty); i++ {
		x, side := n.dirty[i]/2, int(n.dirty[i]%2)
		l := &n.nodes[x].line[side]
		l.dirty = false
		if !l.touched {
			l.touched = true
			n.touched = append(n.touched, n.dirty[i])
		}
		before := l.level
		l.level = waterLevel(l.usable, n.limitsOf(l, side))
		if l.level != before {
			n.spread(l, side, before)
		}
	}
	n.dirty = n.dirty[:0]
	for _, id := range n.touched {
		l := &n.nodes[id/2].line[id%2]
		l.touched = false
		for _, slot := range l.flows {
			f := &n.flows[slot]
			f.rate = min(n.nodes[f.from].line[up].level, n.nodes[f.to].line[down].level, f.cap)
		}
	}
	n.touched = n.touched[:0]
}

// limitsOf lists what limits the flows of a line elsewhere.
func (n *Net[P]) limitsOf(l *line, side int) []int64 {
	n.limits = n.limits[:0]
	for _, slot := range l.flows {
		f := &n.flows[slot]
		n.limits = append(n.limits, min(n.other(f, side).level, f.cap))
	}
	return n.limits
}

// other returns the line of a flow that is not on the given side.
func (n *Net[P]) other(f *flow, side int) *line {
	if side == up {
		return &n.nodes[f.to].line[down]
	}
	return &n.nodes[f.from].line[up]
}

// spread touches the lines for which a moved level matters. It does not where a flow is held to
// that line's own level before and after.
func (n *Net[P]) spread(l *line, side int, before int64) {
	for _, slot := range l.flows {
		f := &n.flows[slot]
		old, now := min(before, f.cap), min(l.level, f.cap)
		o := n.other(f, side)
		if old == now || min(old, now) >= o.level {
			continue
		}
		if side == up {
			n.touch(f.to, down)
		} else {
			n.touch(f.from, up)
		}
	}
}

// waterLevel returns the level at which flows with these limits fill a line: the limits below it
// and the level for all others add up to usable. Unlimited if the limits together fit. It
// overwrites limits.
func waterLevel(usable int64, limits []int64) int64 {
	for len(limits) > 0 {
		level := usable / int64(len(limits))
		kept := limits[:0]
		for _, x := range limits {
			if x <= level {
				usable -= x
			} else {
				kept = append(kept, x)
			}
		}
		if len(kept) == len(limits) {
			return level
		}
		limits = kept
	}
	return unlimited
}

// settleSome charges a tenth of the nodes for what their lines carried outside the flows.
func (n *Net[P]) settleSome() {
	for x := int(n.steps % settleEvery); x < len(n.nodes); x += settleEvery {
		for side := range n.nodes[x].line {
			l := &n.nodes[x].line[side]
			acks := l.ackFor / ackShare
			l.ackFor -= acks * ackShare
			n.nodes[x].UpAcks += acks
			if l.settle(n.steps, acks) {
				n.touch(uint32(x), side)
			}
		}
	}
}

// settle takes what the line owes off what its flows may use until the next time, and reports
// whether that changed enough to matter (a thousandth). Debts are kept to the byte, but for those
// beyond a second of capacity.
func (l *line) settle(step uint64, acks int64) bool {
	elapsed := int64(step-l.settled) * int64(Batch)
	l.settled = step
	paid := l.debt // a line with bytes to spare has paid everything
	if l.level != unlimited {
		paid = (l.capacity - l.usable) * (elapsed / 1_000_000) / 1000
	}
	l.debt = min(max(l.debt-paid, 0)+l.owed+acks, l.capacity)
	l.owed = 0
	usable := max(l.capacity-l.debt*nano/int64(settleEvery*Batch), l.capacity/leastShare, 1)
	if d := usable - l.usable; -d <= l.capacity/1000 && d <= l.capacity/1000 {
		return false
	}
	l.usable = usable
	return true
}
