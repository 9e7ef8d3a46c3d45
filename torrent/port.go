package torrent

import (
	"errors"
	"time"

	"groove/internal/clock"
	"groove/torrent/layout"
	"groove/torrent/swarm"
	"groove/torrent/transport"
	"groove/torrent/wire"
)

// port is the far end of a swarm's peer: a connection, or a web seed.
type port interface {
	peer() swarm.Peer
	send(m wire.Message) bool
	sendSpan(s transport.Span) bool
	close(why swarm.Reason)
}

// link is a connection to a peer. It implements transport.Owner: each call takes the torrent's lock
// once, for a whole batch.
type link struct {
	t     *Torrent
	conn  *transport.Conn
	ref   swarm.Peer
	lease swarm.Lease // of the block that is landing; a connection lands one at a time
}

var _ transport.Owner = (*link)(nil)

func (k *link) peer() swarm.Peer               { return k.ref }
func (k *link) send(m wire.Message) bool       { return k.conn.Send(m) }
func (k *link) sendSpan(s transport.Span) bool { return k.conn.SendSpan(s) }
func (k *link) close(why swarm.Reason)         { k.conn.Close(dropError(why)) }

// dropError turns a reason into what ends the connection; nil for ordinary ends.
func dropError(why swarm.Reason) error {
	if why.AtFault() {
		return errors.New(why.String())
	}
	return nil
}

// Opened makes the connection a peer of the swarm.
func (k *link) Opened(c *transport.Conn) {
	k.conn = c
	t := k.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.paused {
		c.Close(nil)
		return
	}
	t.linked++
	if info := t.swarm.Info(); info != nil {
		c.SetPieces(info.Layout.Pieces())
	}
	v2, hasV2 := t.swarm.ID().V2()
	t.step(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		k.ref, out = t.swarm.PeerConnected(now, swarm.PeerInfo{
			Addr: c.Remote, Outgoing: c.Outgoing, ID: c.Handshake.PeerID,
			Fast:     c.Handshake.Has(wire.FlagFast) && c.Local.Has(wire.FlagFast),
			Extended: c.Handshake.Has(wire.FlagExtended) && c.Local.Has(wire.FlagExtended),
			V2:       hasV2 && c.InfoHash() == v2.Short(),
		}, out)
		t.attach(k.ref, k)
		return out
	})
}

// Receive takes in a batch.
func (k *link) Receive(_ *transport.Conn, batch []transport.Inbound) {
	k.t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect { return k.take(now, batch, out) })
}

// Land takes in a batch and finds the place of the block that comes next.
func (k *link) Land(_ *transport.Conn, batch []transport.Inbound, b transport.Block) (buf []byte, lease uint64, ok bool) {
	t := k.t
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		out = k.take(now, batch, out)
		var l swarm.Landing
		if l, ok = t.swarm.Land(now, k.ref, b.Piece, b.Begin, b.Length); ok {
			k.lease = l.Lease
			buf = t.memory.get(l.Lease.Buffer, l.Size)[l.Offset : l.Offset+int(b.Length)]
		}
		return out
	})
	return buf, 0, ok
}

// take gives the swarm everything of a batch.
func (k *link) take(now clock.Time, batch []transport.Inbound, out []swarm.Effect) []swarm.Effect {
	s := k.t.swarm
	for i := range batch {
		switch in := &batch[i]; in.Kind {
		case transport.Message:
			out = s.Receive(now, k.ref, in.Msg, out)
		case transport.Landed:
			out = s.Landed(now, k.ref, k.lease, out)
		case transport.Broken:
			out = s.Broken(now, k.ref, k.lease, out)
		}
	}
	return out
}

// ReadSpan fills buf from the disk, in the writer's goroutine.
func (k *link) ReadSpan(_ *transport.Conn, s transport.Span, buf []byte) error {
	t := k.t
	info := t.info.Load()
	if info == nil {
		return ErrClosed
	}
	return t.readSpan(info.Layout.Start(layout.PieceIndex(s.Piece))+int64(s.Begin), buf)
}

// Sent tells the swarm that a span has left, or could not be read.
func (k *link) Sent(_ *transport.Conn, s transport.Span, _ int, err error) {
	k.t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		return k.t.swarm.SpanSent(now, k.ref, int(s.Length), err != nil, out)
	})
}

// ReadDelay and WriteDelay keep to the limits of the session and of the torrent.
func (k *link) ReadDelay(_ *transport.Conn, n int) time.Duration {
	return max(k.t.down.take(n), k.t.session.down.take(n))
}

func (k *link) WriteDelay(_ *transport.Conn, n int) time.Duration {
	return max(k.t.up.take(n), k.t.session.up.take(n))
}

// Closed takes the peer out of the swarm.
func (k *link) Closed(c *transport.Conn, err error) {
	t := k.t
	t.session.log.Debug("peer gone", "torrent", t.ID(), "peer", c.Remote, "err", err)
	t.mu.Lock()
	defer t.mu.Unlock()
	if k.ref == (swarm.Peer{}) {
		return // it was never a peer
	}
	if t.port(k.ref) == port(k) {
		t.ports[k.ref.Slot] = nil
	}
	t.step(func(now clock.Time, out []swarm.Effect) []swarm.Effect { return t.swarm.PeerGone(now, k.ref, out) })
	if t.linked--; t.linked == 0 && t.closed {
		close(t.drained)
	}
}
