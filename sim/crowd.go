package sim

import (
	"time"

	"groove/internal/clock"
	"groove/sim/event"
	"groove/sim/stories"
)

// planArrivals puts everybody's coming into the queue.
func (w *world) planArrivals() {
	at := make([]clock.Time, len(w.story.Groups)) // of the last of a group that comes one by one
	for _, n := range w.nodes {
		g := &w.story.Groups[n.group]
		rng := event.Rand(w.seed, n.id, "arrival")
		t := clock.Time(g.At)
		switch {
		case g.PerSecond > 0:
			at[n.group] = at[n.group].Add(time.Duration(float64(rng.ExpFloat64()/g.PerSecond) * float64(time.Second)))
			t = t.Add(at[n.group].Sub(0))
		case g.At == 0 && !g.Seed && w.story.Join > 0:
			t = clock.Time(rng.Int64N(int64(w.story.Join)))
		}
		w.q.Push(event.Event{At: t, Kind: arrives, Node: n.id})
	}
}

// arrive starts a node and has it ask the tracker.
func (w *world) arrive(n *node) {
	n.present = true
	n.member = w.make(w, n)
	w.here = append(w.here, n.id)
	w.log.note(w.q.Now(), n.id, "arrives", -1)
	w.tally.Joined(w.q.Now(), int(n.id))
	n.start()
	w.announceAgain(n)
}

// depart closes all connections of a node.
func (w *world) depart(n *node) {
	if !n.present {
		return
	}
	for i := range w.sides {
		if s := &w.sides[i]; s.owner == n.id {
			w.close(s)
		}
	}
	n.present = false
	for i, id := range w.here {
		if id == n.id {
			w.here = append(w.here[:i], w.here[i+1:]...)
			break
		}
	}
	w.log.note(w.q.Now(), n.id, "departs", -1)
	w.tally.Left(w.q.Now(), int(n.id))
}

// announceAgain asks the tracker now and every few minutes.
func (w *world) announceAgain(n *node) {
	if !n.present {
		return
	}
	w.announce(n)
	w.q.Push(event.Event{At: w.q.Now().Add(announceEvery), Kind: announces, Node: n.id})
}

// announce asks the tracker.
func (w *world) announce(n *node) {
	if !n.present {
		return
	}
	w.q.Push(event.Event{At: w.q.Now().Add(w.rtt(n.id, uint32(len(w.nodes)))), Kind: answers, Node: n.id})
}

// answer gives a node up to 50 of the others, at random.
func (w *world) answer(n *node) {
	if !n.present {
		return
	}
	w.draw = append(w.draw[:0], w.here...)
	k := 0
	for k < min(trackerPeers, len(w.draw)) {
		j := k + w.rng.IntN(len(w.draw)-k)
		if w.draw[j] == n.id {
			w.draw[j] = w.draw[len(w.draw)-1]
			w.draw = w.draw[:len(w.draw)-1]
			continue
		}
		w.draw[k], w.draw[j] = w.draw[j], w.draw[k]
		k++
	}
	n.introduced(w.draw[:min(k, len(w.draw))])
}

// dial begins a connection: it is there after a round trip, and the handshakes take another.
func (w *world) dial(from, to uint32) {
	e := event.Event{Kind: establishes, Node: from, A: to, At: w.q.Now().Add(w.rtt(from, to))}
	switch target := w.nodes[to]; {
	case w.story.Groups[target.group].Firewalled:
		e.Kind, e.At = unreachable, w.q.Now().Add(dialTimeout)
	case !target.present || from == to:
		e.Kind = unreachable
	}
	w.q.Push(e)
}

// establish connects two nodes that are both still there.
func (w *world) establish(from, to uint32) {
	a, b := w.nodes[from], w.nodes[to]
	if !a.present {
		return
	}
	if !b.present {
		a.failed(to)
		return
	}
	x, y := w.net.Connect(linkNode(a), linkNode(b), w.rtt(from, to)/2)
	for int(y.Slot()) >= len(w.sides) {
		w.sides = append(w.sides, side{})
	}
	w.sides[x.Slot()] = side{end: x, owner: from, far: to, outgoing: true, peer: w.sides[x.Slot()].peer.reset()}
	w.sides[y.Slot()] = side{end: y, owner: to, far: from, peer: w.sides[y.Slot()].peer.reset()}
	w.net.Send(x, handshakeSize, 0, packet{handshake: true})
}

// had notes that a node has verified a piece, and lets those leave whose time has come.
func (w *world) had(n *node, piece int) {
	w.log.note(w.q.Now(), n.id, "has", piece)
	w.tally.Piece(w.q.Now(), int(n.id), piece)
	if w.tally.CoveredAt != clock.Never {
		for _, s := range w.nodes {
			if s.present && w.story.Groups[s.group].Leave == stories.LeaveOnceOut {
				w.q.Push(event.Event{At: w.q.Now(), Kind: departs, Node: s.id})
			}
		}
	}
}

// complete notes that a node has everything.
func (w *world) complete(n *node) {
	w.tally.Done(w.q.Now(), int(n.id))
	if g := &w.story.Groups[n.group]; g.Leave == stories.LeaveAfter {
		stay := float64(event.Rand(w.seed, n.id, "stay").ExpFloat64() * float64(g.Stay))
		w.q.Push(event.Event{At: w.q.Now().Add(time.Duration(stay)), Kind: departs, Node: n.id})
	}
	w.ended = w.tally.finished()
}
