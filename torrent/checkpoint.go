package torrent

import (
	"sync"
	"time"

	"groove/internal/clock"
)

// Bounds of what a crash can cost: a checkpoint begins at half of maxUnsynced, or when the oldest
// unsynced piece is old; at the whole of it stores wait, so that the bound holds on a slow disk.
const (
	maxUnsynced    = 64 << 20
	syncFrom       = maxUnsynced / 2
	maxUnsyncedAge = 25 * time.Second
	checkpointPoll = 5 * time.Second
)

// unsynced counts the bytes of verified pieces that no resume record claims.
type unsynced struct {
	mu     sync.Mutex
	room   sync.Cond
	bytes  int64
	since  clock.Time // when the oldest of them was written
	broken bool       // no more waiting: the torrent ends or its disk failed
}

func (u *unsynced) init() { u.room.L = &u.mu }

// add counts n bytes that are about to be written, waiting while there are too many.
func (u *unsynced) add(now clock.Time, n int64) (due bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for u.bytes >= maxUnsynced && !u.broken {
		u.room.Wait()
	}
	if u.bytes == 0 {
		u.since = now
	}
	u.bytes += n
	return u.bytes >= syncFrom
}

// now returns how much is unsynced, and whether a checkpoint is due.
func (u *unsynced) state(now clock.Time) (n int64, due bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.bytes, u.bytes >= syncFrom || u.bytes > 0 && now.Sub(u.since) > maxUnsyncedAge
}

// settle takes n bytes off that are claimed now.
func (u *unsynced) settle(now clock.Time, n int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.bytes -= n
	u.since = now
	u.room.Broadcast()
}

// free lets everybody go who waits for room.
func (u *unsynced) free() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.broken = true
	u.room.Broadcast()
}

// write puts verified bytes to their place.
func (t *Torrent) write(b []byte, off int64) error {
	if t.slot != nil && t.unsynced.add(t.session.clock.Now(), int64(len(b))) {
		t.session.keeper.wake()
	}
	return t.storage.WriteAt(b, off)
}

// checkpoint syncs the data, then writes the record that claims it. clean says that nothing will be
// written after it.
func (t *Torrent) checkpoint(clean bool) error {
	t.recording.Lock()
	defer t.recording.Unlock()
	if t.slot == nil || t.store == nil {
		return t.syncStorage()
	}
	n, _ := t.unsynced.state(t.session.clock.Now())
	t.mu.Lock()
	have := t.swarm.Have().Clone()
	t.mu.Unlock()
	r := t.renewRecord(have)
	r.Clean = clean
	if err := t.slot.Checkpoint(t.store, r); err != nil {
		return err
	}
	t.unsynced.settle(t.session.clock.Now(), n)
	return nil
}

// syncStorage makes the bytes durable where no record is kept.
func (t *Torrent) syncStorage() error {
	if t.storage == nil || t.options.Seed {
		return nil
	}
	return t.storage.Sync()
}

// keeper is the session's goroutine that makes checkpoints.
type keeper struct {
	poke chan struct{}
}

// wake has the keeper look at every torrent now.
func (k *keeper) wake() {
	select {
	case k.poke <- struct{}{}:
	default:
	}
}

// keep runs until the session ends.
func (s *Session) keep() {
	timer := time.NewTicker(checkpointPoll)
	defer timer.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.keeper.poke:
		case <-timer.C:
		}
		for _, t := range s.list() {
			t.watchFiles()
			if _, due := t.unsynced.state(s.clock.Now()); due && t.opened() {
				if err := t.checkpoint(false); err != nil {
					t.fail(err)
				}
			}
		}
	}
}
