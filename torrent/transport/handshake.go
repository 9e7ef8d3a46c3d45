package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"groove/torrent/wire"
)

// greet is the handshake of the side that dialled.
func greet(ctx context.Context, socket net.Conn, to Target) (wire.Handshake, error) {
	defer limit(ctx, socket)()
	if _, err := socket.Write(wire.AppendHandshake(nil, to.Handshake)); err != nil {
		return wire.Handshake{}, fmt.Errorf("send handshake: %w", err)
	}
	theirs, err := readHandshake(socket)
	switch {
	case err != nil:
		return wire.Handshake{}, err
	case theirs.PeerID == to.Handshake.PeerID:
		return wire.Handshake{}, ErrSelf
	case theirs.InfoHash != to.Handshake.InfoHash && !slices.Contains(to.Also, theirs.InfoHash):
		return wire.Handshake{}, fmt.Errorf("answer with info-hash %v: %w", theirs.InfoHash, ErrUnknown)
	}
	return theirs, ctx.Err()
}

// answer is the handshake of the side that was dialled.
func (t *Transport) answer(ctx context.Context, socket net.Conn) (*Conn, error) {
	defer limit(ctx, socket)()
	theirs, err := readHandshake(socket)
	if err != nil {
		return nil, err
	}
	if t.config.Accept == nil {
		return nil, ErrUnknown
	}
	remote := addrPort(socket.RemoteAddr())
	ours, owner, err := t.config.Accept(theirs, remote)
	if err != nil {
		return nil, err
	}
	if ours.PeerID == theirs.PeerID {
		return nil, ErrSelf
	}
	if _, err := socket.Write(wire.AppendHandshake(nil, ours)); err != nil {
		return nil, fmt.Errorf("send handshake: %w", err)
	}
	c := newConn(socket, theirs, owner)
	c.Remote, c.Local = remote, ours
	return c, ctx.Err()
}

// limit gives a handshake its time, which ends early with ctx. The function it returns takes the
// limit away again.
func limit(ctx context.Context, socket net.Conn) func() {
	_ = socket.SetDeadline(time.Now().Add(handshakeTimeout))
	stop := context.AfterFunc(ctx, func() { _ = socket.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			_ = socket.SetDeadline(time.Time{})
		}
	}
}

func readHandshake(socket net.Conn) (wire.Handshake, error) {
	var b [wire.HandshakeSize]byte
	if _, err := io.ReadFull(socket, b[:]); err != nil {
		return wire.Handshake{}, fmt.Errorf("read handshake: %w", err)
	}
	return wire.ParseHandshake(b[:])
}
