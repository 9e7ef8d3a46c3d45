package torrent

import (
	"net/netip"
	"time"

	"groove/internal/clock"
	"groove/torrent/swarm"
	"groove/torrent/transport"
)

// dial connects to an address, in a goroutine of its own; the swarm bounds how many there are.
func (t *Torrent) dial(addr netip.AddrPort) {
	if t.paused {
		return
	}
	names := t.ID().Shorts()
	target := transport.Target{
		Addr: addr, Handshake: t.session.handshake(t, names[0]), Also: names[1:], Owner: &link{t: t},
	}
	t.working.Go(func() {
		_, err := t.session.net.Dial(t.ctx, target)
		if err == nil {
			return // Opened has told the swarm
		}
		t.session.log.Debug("dial", "torrent", t.ID(), "err", err)
		t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
			return t.swarm.DialFailed(now, addr, out)
		})
	})
}

// timerInit makes the timer that calls the swarm when it wants to be called.
func (t *Torrent) timerInit() {
	t.timer = time.AfterFunc(time.Hour, t.tick)
	t.timer.Stop()
}

// lanPeer takes in a peer that announced itself on the local network.
func (t *Torrent) lanPeer(addr netip.AddrPort) {
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		return t.swarm.AddAddresses(now, swarm.FromLSD, []netip.AddrPort{addr}, out)
	})
}
