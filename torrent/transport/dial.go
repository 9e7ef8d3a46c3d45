package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"groove/torrent/infohash"
	"groove/torrent/wire"
)

// Target is a peer to dial.
type Target struct {
	Addr      netip.AddrPort
	Handshake wire.Handshake   // what we say; of a hybrid, the v1 hash with wire.FlagV2 (BEP 52)
	Also      []infohash.Short // hashes that the answer may have instead: the torrent's other one
	Owner     Owner
}

// Dial connects to a peer, shakes hands and starts the connection, whose owner hears of it by
// Opened. It waits for one of MaxHalfOpen places, then at most 15 s for the connection and 10 s for
// the handshake. Errors wrap ErrFull, ErrSelf, ErrUnknown, ErrShutdown or the system's.
func (t *Transport) Dial(ctx context.Context, to Target) (*Conn, error) {
	c, err := t.dial(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("connect to %v: %w", to.Addr, err)
	}
	return c, nil
}

func (t *Transport) dial(ctx context.Context, to Target) (*Conn, error) {
	to.Addr = netip.AddrPortFrom(to.Addr.Addr().Unmap(), to.Addr.Port())
	if err := t.reserve(); err != nil {
		return nil, err
	}
	socket, theirs, err := t.open(ctx, to)
	if err != nil {
		t.release()
		if t.ctx.Err() != nil {
			err = ErrShutdown
		}
		return nil, err
	}
	c := newConn(socket, theirs, to.Owner)
	c.Remote, c.Outgoing, c.Local = to.Addr, true, to.Handshake
	go t.live(c)
	return c, nil
}

// open gets a connection with a handshake, holding one of the half-open places.
func (t *Transport) open(ctx context.Context, to Target) (net.Conn, wire.Handshake, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	select {
	case t.halfOpen <- struct{}{}:
		defer func() { <-t.halfOpen }()
	case <-ctx.Done():
		return nil, wire.Handshake{}, ctx.Err()
	}
	dialling, stop := context.WithTimeout(ctx, dialTimeout)
	socket, err := t.tcp.dial(dialling, to.Addr)
	stop()
	if err != nil {
		return nil, wire.Handshake{}, err
	}
	theirs, err := greet(ctx, socket, to)
	if err != nil {
		_ = socket.Close()
	}
	return socket, theirs, err
}
