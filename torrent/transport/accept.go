package transport

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"
)

// serve takes the connections of one listener until it is closed.
func (t *Transport) serve(l net.Listener) {
	for {
		socket, err := l.Accept()
		switch {
		case err == nil:
			t.receive(socket)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			t.logger.Warn("accept connection", "addr", l.Addr(), "err", err)
			select {
			case <-time.After(acceptPause):
			case <-t.ctx.Done():
			}
		}
	}
}

// receive starts the handshake of a peer that connected to us. Where too many are under way, the
// oldest gives way: an honest one takes a round trip, one that is there to hold a place takes long.
func (t *Transport) receive(socket net.Conn) {
	if err := t.reserve(); err != nil {
		_ = socket.Close()
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	pending := &cancel
	t.mu.Lock()
	if len(t.incoming) == defaultMaxIncoming {
		(*t.incoming[0])()
		t.incoming = slices.Delete(t.incoming, 0, 1)
	}
	t.incoming = append(t.incoming, pending)
	t.mu.Unlock()
	go func() {
		c, err := t.answer(ctx, socket)
		cancel()
		t.mu.Lock()
		if i := slices.Index(t.incoming, pending); i >= 0 {
			t.incoming = slices.Delete(t.incoming, i, i+1)
		}
		t.mu.Unlock()
		if err != nil {
			t.logger.Debug("refuse connection", "peer", socket.RemoteAddr(), "err", err)
			_ = socket.Close()
			t.release()
			return
		}
		t.live(c)
	}()
}
