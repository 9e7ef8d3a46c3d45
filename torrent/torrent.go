// Package torrent is the face of Groove's BitTorrent engine: share, get and seed from a program.
//
// It knows sessions and torrents as their users see them: add, watch, pause, remove, limits. It
// takes no protocol decision: it pumps events from sockets, disk and trackers into the pure
// machines below it and carries out what they decide. Everything is safe for concurrent use.
// Start reading at Session, then Torrent and pump.go; the examples show whole programs.
package torrent

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"groove/internal/clock"
	"groove/torrent/disk"
	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/swarm"
)

// Torrent is one torrent in a session. Get one from Session.Add.
type Torrent struct {
	session  *Session
	ctx      context.Context // ends with the torrent
	cancel   context.CancelFunc
	options  AddOptions
	id       atomic.Pointer[infohash.ID]
	meta     atomic.Pointer[metainfo.Metainfo] // nil while only a magnet is known
	info     atomic.Pointer[metainfo.Info]
	down, up throttle
	events   broadcast
	unsynced unsynced
	served   atomic.Bool    // bytes were read for a peer since watchFiles looked last
	working  sync.WaitGroup // goroutines that open files, dial and announce
	jobs     sync.WaitGroup // piece jobs that are queued or run

	recording sync.Mutex // one checkpoint at a time
	storage   Storage    // set before the swarm is Ready
	store     *disk.Store
	slot      *disk.Slot
	slotID    infohash.ID // that the slot was taken for
	record    *disk.Record
	former    []netip.AddrPort // peers that the record names

	mu      sync.Mutex // guards all below; never held across I/O
	swarm   *swarm.Swarm
	ports   []port // by the swarm's slot
	memory  memory
	work    workQueue
	effects []swarm.Effect
	timer   *time.Timer
	wakeAt  clock.Time
	announcer
	state    State
	err      error
	wanted   selection
	total    int64 // wanted bytes
	done     int64 // of these, verified
	checked  float64
	extents  []layout.Extent // scratch
	paused   bool
	ending   bool // no new piece jobs
	closed   bool
	linked   int           // connections
	drained  chan struct{} // closed when the last connection of a closed torrent is gone
	isReady  bool
	complete bool // everything wanted is here and durable
}

// ID returns the torrent's name. A magnet's may grow its other hash when the metadata arrives.
func (t *Torrent) ID() infohash.ID { return *t.id.Load() }

// Metainfo returns what is known as a torrent file; nil while a magnet's metadata is missing.
func (t *Torrent) Metainfo() *metainfo.Metainfo { return t.meta.Load() }

// Events returns a channel of what happens from now on; it is closed with the torrent. A torrent that
// is complete or has failed already says so first. A reader that is a thousand events behind loses
// the oldest.
func (t *Torrent) Events() <-chan Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.state == Failed:
		return t.events.subscribe(Event{Kind: Trouble, Err: t.err})
	case t.complete:
		return t.events.subscribe(Event{Kind: Done})
	}
	return t.events.subscribe()
}

// SetLimits sets bytes per second of this torrent, 0 = no limit.
func (t *Torrent) SetLimits(down, up int64) {
	t.down.setLimit(down)
	t.up.setLimit(up)
}

// welcomes reports whether peers may connect: not while files are checked, nor while it rests. A
// magnet without metadata does, since peers are where the metadata comes from.
func (t *Torrent) welcomes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.closed && !t.paused && (t.isReady || t.info.Load() == nil)
}

// opened reports whether files are open and checked.
func (t *Torrent) opened() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isReady && !t.closed
}
