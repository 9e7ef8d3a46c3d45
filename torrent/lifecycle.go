package torrent

import (
	"errors"
	"time"

	"groove/internal/clock"
	"groove/torrent/swarm"
)

// ready lets the torrent move bytes: files are checked, have is what is good of them.
func (t *Torrent) ready(have *verified) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.isReady = true
	t.state = Downloading
	l := t.info.Load().Layout
	for i := have.pieces.Next(0); i >= 0; i = have.pieces.Next(i + 1) {
		t.done += t.bytesOf(i)
	}
	t.step(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		out = t.swarm.SetPriorities(now, t.wanted.priorities(l), out)
		out = t.swarm.Ready(now, have.pieces, have.partial, out)
		return t.swarm.AddAddresses(now, swarm.FromResume, t.former, out)
	})
	t.stand()
	t.startAnnouncing()
	t.startLAN()
	t.startWebSeeds()
	t.mu.Unlock()
	t.events.publish(Event{Kind: Ready})
}

// tell passes on what the swarm says; the lock is held.
func (t *Torrent) tell(e *swarm.Event) {
	switch e.Kind {
	case swarm.PieceComplete:
		t.done += t.bytesOf(int(e.Piece))
		t.events.publish(Event{Kind: PieceDone, Piece: int(e.Piece)})
	case swarm.PieceCorrupt:
		t.events.publish(Event{Kind: PieceCorrupt, Piece: int(e.Piece)})
	case swarm.PeerBanned:
		t.session.log.Warn("banned a peer", "peer", e.Addr, "reason", e.Reason.String())
		t.events.publish(Event{Kind: PeerBanned, Addr: e.Addr})
	case swarm.WantedComplete:
		t.working.Go(t.finish)
	case swarm.DiskTrouble:
		t.failLocked(e.Err)
	case swarm.HalvesDisagree:
		t.haltLocked(ErrInconsistent)
	}
}

// finish makes everything durable, then says Done.
func (t *Torrent) finish() {
	if err := t.checkpoint(false); err != nil {
		t.fail(err)
		return
	}
	t.mu.Lock()
	if t.closed || t.complete {
		t.mu.Unlock()
		return
	}
	t.complete, t.state = true, Seeding
	t.stand()
	t.events.publish(Event{Kind: Done})
	t.mu.Unlock()
}

// fail says that the torrent cannot go on as it should. What is good is kept and still served.
func (t *Torrent) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failLocked(err)
}

func (t *Torrent) failLocked(err error) {
	if t.closed || t.state == Failed {
		return
	}
	t.state, t.err = Failed, err
	t.unsynced.free()
	t.session.log.Error("torrent failed", "torrent", t.ID(), "err", err)
	t.events.publish(Event{Kind: Trouble, Err: err})
}

// halt stops a torrent whose data cannot be trusted any more: nothing is served either.
func (t *Torrent) halt(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.haltLocked(err)
}

func (t *Torrent) haltLocked(err error) {
	if t.closed {
		return
	}
	t.failLocked(err)
	t.paused = true
	t.stopAnnouncing()
	t.hangUp()
}

// startLAN announces the torrent on the local network, unless it is private; the lock is held.
func (t *Torrent) startLAN() {
	if t.session.lan != nil && !t.info.Load().Private {
		t.session.lan.add(t.ID().Shorts())
	}
}

// Pause closes every connection and tells the trackers that we leave. Files stay open.
func (t *Torrent) Pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused || t.closed {
		return
	}
	t.paused = true
	t.stopAnnouncing()
	t.hangUp()
	if lan := t.session.lan; lan != nil {
		t.working.Go(func() { lan.remove(t.ID().Shorts()) })
	}
}

// Resume takes up again what Pause has put down.
func (t *Torrent) Resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.paused || t.closed {
		return
	}
	t.paused = false
	t.startAnnouncing()
	if t.isReady {
		t.startLAN()
		t.startWebSeeds()
	}
}

// hangUp closes every connection; the lock is held.
func (t *Torrent) hangUp() {
	for _, p := range t.ports {
		if p != nil {
			p.close(swarm.Stopped)
		}
	}
}

// Remove takes the torrent out of the session and forgets its resume record. Its files stay.
func (t *Torrent) Remove() error {
	return errors.Join(t.stopWith(true))
}

func (t *Torrent) stop() error { return t.stopWith(false) }

// drainTimeout is how long stop waits for connections that are in the middle of a read from disk.
const drainTimeout = 10 * time.Second

// stopWith ends everything: connections, trackers, jobs, then the files, with a last checkpoint.
func (t *Torrent) stopWith(forget bool) error {
	t.session.strike(t)
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.stopAnnouncing()
	t.paused, t.ending = true, true
	t.hangUp()
	t.timer.Stop()
	wasReady, failed := t.isReady, t.state == Failed
	t.mu.Unlock()
	t.unsynced.free()
	if lan := t.session.lan; lan != nil {
		lan.remove(t.ID().Shorts())
	}
	t.jobs.Wait() // no new ones: it is ending

	var err error
	if wasReady && !failed {
		err = t.checkpoint(true)
	}
	t.mu.Lock()
	t.closed = true
	open := t.linked
	t.mu.Unlock()
	if open > 0 {
		select {
		case <-t.drained:
		case <-time.After(drainTimeout):
		}
	}
	t.cancel()
	t.working.Wait()
	t.jobs.Wait()
	t.memory.freeAll()
	t.events.close()
	return errors.Join(err, t.closeFiles(forget))
}
