package torrent

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"groove/internal/clock"
	"groove/torrent/layout"
	"groove/torrent/swarm"
	"groove/torrent/transport"
	"groove/torrent/webseed"
	"groove/torrent/wire"
)

// Bounds of web seeds.
const (
	maxWebSeeds  = 8                // of one torrent
	maxWebRange  = 16 << 20         // bytes of one request
	webRetry     = 10 * time.Second // times the failures, up to a minute of them
	maxWebFails  = 10
	webKeepAlive = time.Minute // how long a seed without requests stays a peer
)

// errStopped ends a read whose torrent ends.
var errStopped = errors.New("stopped")

// webPort is a web seed in the place of a connection: the swarm's requests are joined to long ranges,
// and what the server sends lands like a peer's blocks.
type webPort struct {
	t      *Torrent
	source *webseed.Source
	ref    swarm.Peer

	mu     sync.Mutex
	wake   chan struct{}
	queue  []layout.Block
	closed bool
}

func (w *webPort) peer() swarm.Peer             { return w.ref }
func (w *webPort) sendSpan(transport.Span) bool { return true }

// send takes a request, or takes one back that has not been asked of the server.
func (w *webPort) send(m wire.Message) bool {
	b := layout.Block{Piece: layout.PieceIndex(m.Piece), Index: m.Begin / layout.BlockSize}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m.Kind {
	case wire.Request:
		w.queue = append(w.queue, b)
		w.poke()
	case wire.Cancel:
		for i := range w.queue {
			if w.queue[i] == b {
				w.queue = append(w.queue[:i], w.queue[i+1:]...)
				break
			}
		}
	}
	return true
}

func (w *webPort) close(swarm.Reason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.poke()
}

// poke wakes the reader; the lock is held.
func (w *webPort) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// startWebSeeds makes a peer of each web seed; the lock is held.
func (t *Torrent) startWebSeeds() {
	m := t.meta.Load()
	for i, address := range m.WebSeeds {
		if i == maxWebSeeds || t.complete {
			return
		}
		source, err := webseed.New(address, m.Info, t.session.cfg.UserAgent, t.session.cfg.AllowLocal)
		if err != nil {
			t.session.log.Warn("web seed", "torrent", t.ID(), "err", err)
			continue
		}
		t.working.Go(func() { t.runWebSeed(source, i) })
	}
}

// runWebSeed reads from a server until the torrent has what it wants, with pauses after failures.
func (t *Torrent) runWebSeed(source *webseed.Source, number int) {
	defer source.Close()
	for fails := 0; fails < maxWebFails && t.wantsMore(); fails++ {
		w := &webPort{t: t, source: source, wake: make(chan struct{}, 1)}
		err := w.run(number)
		if err == nil || errors.Is(err, errStopped) {
			return
		}
		t.session.log.Info("web seed", "torrent", t.ID(), "err", err)
		select {
		case <-time.After(webRetry * time.Duration(min(fails+1, 6))):
		case <-t.ctx.Done():
			return
		}
	}
}

func (t *Torrent) wantsMore() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.closed && !t.paused && !t.complete && t.state != Failed
}

// run is one life of the peer: it joins the swarm, reads, and leaves.
func (w *webPort) run(number int) error {
	t := w.t
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		// No two web seeds share an address, so that blame can tell them apart.
		addr := netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(number+1))
		w.ref, out = t.swarm.PeerConnected(now, swarm.PeerInfo{Addr: addr, Web: true}, out)
		t.attach(w.ref, w)
		return out
	})
	err := w.serve()
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		if t.port(w.ref) == port(w) {
			t.ports[w.ref.Slot] = nil
		}
		return t.swarm.PeerGone(now, w.ref, out)
	})
	return err
}

// serve reads one range after the other.
func (w *webPort) serve() error {
	for {
		run, ok := w.next()
		if !ok {
			return errStopped
		}
		if len(run) == 0 {
			select {
			case <-w.wake:
			case <-time.After(webKeepAlive):
				if !w.t.wantsMore() {
					return errStopped
				}
			case <-w.t.ctx.Done():
				return errStopped
			}
			continue
		}
		if err := w.fetch(run); err != nil {
			return err
		}
	}
}

// next takes the longest run of consecutive blocks from the head of the queue; ok is false once
// the swarm has dropped this peer.
func (w *webPort) next() (run []layout.Block, ok bool) {
	l := w.t.info.Load().Layout
	w.mu.Lock()
	defer w.mu.Unlock()
	n, size := 0, 0
	for n < len(w.queue) && size < maxWebRange {
		b := w.queue[n]
		if n > 0 && start(l, b) != start(l, w.queue[n-1])+int64(l.BlockLength(w.queue[n-1])) {
			break
		}
		size += l.BlockLength(b)
		n++
	}
	run = append(run, w.queue[:n]...)
	w.queue = append(w.queue[:0], w.queue[n:]...)
	return run, !w.closed
}

func start(l *layout.Layout, b layout.Block) int64 { return l.Start(b.Piece) + int64(b.Begin()) }

// fetch reads a run from the server and lands its blocks.
func (w *webPort) fetch(run []layout.Block) error {
	l := w.t.info.Load().Layout
	last := run[len(run)-1]
	off := start(l, run[0])
	block := make([]byte, 0, layout.BlockSize)
	ctx, cancel := context.WithCancel(w.t.ctx)
	defer cancel()
	return w.source.Read(ctx, off, start(l, last)+int64(l.BlockLength(last))-off, func(b []byte) error {
		for len(b) > 0 {
			n := min(l.BlockLength(run[0])-len(block), len(b))
			block, b = append(block, b[:n]...), b[n:]
			if len(block) < l.BlockLength(run[0]) {
				continue
			}
			if !w.land(run[0], block) {
				return errStopped
			}
			run, block = run[1:], block[:0]
			w.pace(layout.BlockSize)
		}
		return nil
	})
}

// land gives one block to the swarm; false once the swarm has dropped this peer.
func (w *webPort) land(b layout.Block, data []byte) bool {
	t := w.t
	var buf []byte
	var l swarm.Landing
	ok := false
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		if l, ok = t.swarm.Land(now, w.ref, uint32(b.Piece), uint32(b.Begin()), uint32(len(data))); ok {
			buf = t.memory.get(l.Lease.Buffer, l.Size)[l.Offset:]
		}
		return out
	})
	if ok {
		copy(buf, data)
		t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
			return t.swarm.Landed(now, w.ref, l.Lease, out)
		})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.closed
}

// pace keeps to the limits.
func (w *webPort) pace(n int) {
	if d := max(w.t.down.take(n), w.t.session.down.take(n)); d > 0 {
		select {
		case <-time.After(d):
		case <-w.t.ctx.Done():
		}
	}
}
