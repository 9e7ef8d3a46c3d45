package torrent

import (
	"groove/internal/clock"
	"groove/torrent/swarm"
	"groove/torrent/transport"
)

// input is one call of the swarm.
type input func(now clock.Time, out []swarm.Effect) []swarm.Effect

// do gives the swarm one input and starts what it wants. Nothing in here waits: effects are
// appended to bounded queues in the swarm's order, and carried out elsewhere.
func (t *Torrent) do(in input) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step(in)
}

// step is do for a caller that holds the lock.
func (t *Torrent) step(in input) {
	if t.closed {
		return
	}
	now := t.session.clock.Now()
	out := in(now, t.effects[:0])
	out = t.swarm.Settle(now, out)
	t.dispatch(out)
	t.effects = out[:0]
	t.schedule(now)
}

// dispatch queues each effect where it is carried out. A peer whose queue is full is dropped.
func (t *Torrent) dispatch(effects []swarm.Effect) {
	for i := range effects {
		e := &effects[i]
		switch e.Kind {
		case swarm.Send, swarm.SendSpan:
			t.post(e)
		case swarm.Drop:
			if p := t.port(e.Peer); p != nil {
				p.close(e.Reason)
				t.ports[e.Peer.Slot] = nil
			}
		case swarm.Dial:
			t.dial(e.Addr)
		case swarm.Hash, swarm.Store, swarm.StoreBlock, swarm.Verify:
			if !t.ending { // connections that are about to close may still bring blocks
				t.work.submit(t.pieceJob(e))
			}
		case swarm.Free:
			t.memory.free(e.Buffer)
		case swarm.GotInfo:
			t.gotInfo(e.Info)
		case swarm.WantPeers:
			t.wantPeers()
		case swarm.Tell:
			t.tell(e.Event)
		}
	}
}

// post queues a message or a span to a peer.
func (t *Torrent) post(e *swarm.Effect) {
	p := t.port(e.Peer)
	if p == nil {
		return
	}
	ok := false
	if e.Kind == swarm.Send {
		ok = p.send(e.Message)
	} else {
		ok = p.sendSpan(transport.Span{Piece: uint32(e.Piece), Begin: uint32(e.Begin), Length: uint32(e.Length)})
	}
	if !ok {
		p.close(swarm.TooManyRequests)
	}
}

// port returns the connection of a peer, nil if it is gone.
func (t *Torrent) port(ref swarm.Peer) port {
	if int(ref.Slot) >= len(t.ports) {
		return nil
	}
	if p := t.ports[ref.Slot]; p != nil && p.peer() == ref {
		return p
	}
	return nil
}

// attach gives a peer its connection.
func (t *Torrent) attach(ref swarm.Peer, p port) {
	for int(ref.Slot) >= len(t.ports) {
		t.ports = append(t.ports, nil)
	}
	t.ports[ref.Slot] = p
}

// schedule sets the timer to the swarm's next deadline.
func (t *Torrent) schedule(now clock.Time) {
	next := t.swarm.NextDeadline()
	if next == t.wakeAt {
		return
	}
	t.wakeAt = next
	if next == clock.Never {
		t.timer.Stop()
		return
	}
	t.timer.Reset(max(next.Sub(now), 0))
}

// tick runs when the timer fires.
func (t *Torrent) tick() {
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		t.wakeAt = clock.Never
		return t.swarm.Tick(now, out)
	})
}
