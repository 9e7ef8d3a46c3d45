package torrent

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"

	"groove/torrent/infohash"
	"groove/torrent/lsd"
	"groove/torrent/transport"
)

// lan finds peers on the local network (BEP 14): the machine, its sockets and its timer.
type lan struct {
	session *Session
	sockets *transport.Multicast

	mu      sync.Mutex
	machine *lsd.Machine
	timer   *time.Timer
	closed  bool
}

// startLAN listens on the multicast groups; nil where the system allows none.
func startLAN(s *Session) *lan {
	var cookie [8]byte
	rand.Read(cookie[:])
	n := &lan{session: s, machine: lsd.New("groove-"+hex.EncodeToString(cookie[:]), s.port())}
	n.timer = time.AfterFunc(time.Hour, n.tick)
	n.timer.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	sockets, err := transport.OpenMulticast(n.received, lsd.IPv4.Addr(), lsd.IPv6.Addr())
	if err != nil {
		s.log.Info("listen for peers on the local network", "err", err)
		return nil
	}
	n.sockets = sockets
	return n
}

// add announces a torrent that is known not to be private.
func (n *lan) add(names []infohash.Short) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range names {
		n.machine.Add(h)
	}
	n.schedule()
}

func (n *lan) remove(names []infohash.Short) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range names {
		n.machine.Remove(h)
	}
	n.schedule()
}

// schedule sets the timer; the lock is held.
func (n *lan) schedule() {
	if next := n.machine.NextDeadline(); !n.closed {
		n.timer.Reset(max(next.Sub(n.session.clock.Now()), 0))
	}
}

func (n *lan) tick() {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return
	}
	packets := n.machine.Tick(n.session.clock.Now(), nil)
	n.schedule()
	n.mu.Unlock()
	for _, p := range packets {
		if err := n.sockets.Send(p.Group.Addr(), p.Data); err != nil {
			n.session.log.Debug("announce on the local network", "err", err)
		}
	}
}

// received takes in a datagram.
func (n *lan) received(from netip.AddrPort, data []byte) {
	n.mu.Lock()
	found := n.machine.Received(n.session.clock.Now(), from, data, nil)
	n.mu.Unlock()
	for _, f := range found {
		n.session.mu.Lock()
		t := n.session.names[f.Hash]
		n.session.mu.Unlock()
		if t != nil {
			t.lanPeer(f.Addr)
		}
	}
}

func (n *lan) close() {
	n.mu.Lock()
	n.closed = true
	n.timer.Stop()
	n.mu.Unlock()
	n.sockets.Close()
}
