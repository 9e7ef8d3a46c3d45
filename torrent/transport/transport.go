// Package transport owns every socket that peers are met on.
//
// It knows how to listen, dial, shake hands, read and write, and how to do that fast; it refuses
// to know what messages mean: an Owner, which package torrent implements, decides everything. Each
// connection has one goroutine that reads and one that writes; all exported methods may be called
// from anywhere. Sizes are bytes. Start reading at Transport, then Owner, Conn, and reader.go for
// the hot path.
package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"groove/torrent/wire"
)

// Config says how a Transport behaves. Zero fields get defaults.
type Config struct {
	Listen      []string // "host:port"; ":port" is all of IPv4 and IPv6, one port for both; port 0 is a free one
	MaxHalfOpen int      // connections being dialled at once; default 32
	MaxConns    int      // connections in all, handshakes included; default 500
	Logger      *slog.Logger

	// Accept answers the handshake of a peer that connected to us: with our own handshake, whose
	// hash may be another one of the same torrent, and the connection's owner. An error closes the
	// connection without a word. It may wait for a disk. nil refuses everybody.
	Accept func(theirs wire.Handshake, remote netip.AddrPort) (ours wire.Handshake, owner Owner, err error)
}

// Transport listens and dials for one session.
type Transport struct {
	config    Config
	logger    *slog.Logger
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	halfOpen  chan struct{} // holds one value per connection being dialled
	tcp       tcp
	listeners []net.Listener
	working   sync.WaitGroup // our goroutines

	mu       sync.Mutex
	closed   bool
	conns    map[*Conn]struct{}
	reserved int                   // places taken by conns and by handshakes
	incoming []*context.CancelFunc // handshakes of peers that connected to us, oldest first
}

// New listens on every address of the Config. It fails, and listens on none, if one of them cannot
// be had; the error wraps the system's.
func New(config Config) (*Transport, error) {
	t := &Transport{config: config, logger: config.Logger, conns: map[*Conn]struct{}{}}
	if t.logger == nil {
		t.logger = slog.New(slog.DiscardHandler)
	}
	if t.config.MaxHalfOpen <= 0 {
		t.config.MaxHalfOpen = defaultMaxHalfOpen
	}
	if t.config.MaxConns <= 0 {
		t.config.MaxConns = defaultMaxConns
	}
	t.halfOpen = make(chan struct{}, t.config.MaxHalfOpen)
	t.ctx, t.cancel = context.WithCancel(context.Background())
	for _, addr := range t.config.Listen {
		l, err := t.tcp.listen(t.ctx, addr)
		if err != nil {
			_ = t.Close()
			return nil, err
		}
		t.listeners = append(t.listeners, l...)
	}
	for _, l := range t.listeners {
		t.working.Go(func() { t.serve(l) })
	}
	return t, nil
}

// Addrs returns the addresses we listen on, with their actual ports.
func (t *Transport) Addrs() []netip.AddrPort {
	var addrs []netip.AddrPort
	for _, l := range t.listeners {
		addrs = append(addrs, addrPort(l.Addr()))
	}
	return addrs
}

// Close ends every connection with ErrShutdown and returns when all goroutines are gone, so after
// the last Closed. It must not be called from an Owner's method.
func (t *Transport) Close() error {
	t.mu.Lock()
	t.closed = true
	for c := range t.conns { // in any order: each only gets its mark
		c.Close(ErrShutdown)
	}
	t.mu.Unlock()
	t.cancel()
	var errs []error
	for _, l := range t.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	t.working.Wait()
	return errors.Join(errs...)
}

// reserve takes a place for a connection that is to be made.
func (t *Transport) reserve() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return ErrShutdown
	}
	if t.reserved >= t.config.MaxConns {
		return ErrFull
	}
	t.reserved++
	t.working.Add(1)
	return nil
}

// release gives a place back.
func (t *Transport) release() {
	t.mu.Lock()
	t.reserved--
	t.mu.Unlock()
	t.working.Done()
}

// live runs a connection whose place is reserved, from its first call to its last.
func (t *Transport) live(c *Conn) {
	t.mu.Lock()
	t.conns[c] = struct{}{}
	if t.closed {
		c.Close(ErrShutdown)
	}
	t.mu.Unlock()
	c.run()
	t.mu.Lock()
	delete(t.conns, c)
	t.mu.Unlock()
	t.release()
}

// addrPort returns an address as peers write it: an IPv4 address is one, also on an IPv6 socket.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
