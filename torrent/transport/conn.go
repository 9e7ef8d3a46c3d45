package transport

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"groove/torrent/infohash"
	"groove/torrent/wire"
)

// Conn is one connection to a peer after the handshake. Its methods never block and may be called
// from anywhere, under the owner's lock as well.
type Conn struct {
	Remote    netip.AddrPort
	Outgoing  bool           // we dialled
	Handshake wire.Handshake // the peer's
	Local     wire.Handshake // ours

	owner  Owner
	socket net.Conn
	out    outbox
	pieces atomic.Int64
	done   chan struct{} // closed when the connection is to end

	mu    sync.Mutex
	cause error // why it ends; set before done is closed
}

func newConn(socket net.Conn, theirs wire.Handshake, owner Owner) *Conn {
	return &Conn{
		Handshake: theirs, owner: owner, socket: socket, done: make(chan struct{}),
		out: outbox{wake: make(chan struct{}, 1)},
	}
}

// InfoHash returns the hash that both sides settled on: what the answering side replied. For a
// hybrid torrent it decides whether this connection speaks v1 or v2 (BEP 52).
func (c *Conn) InfoHash() infohash.Short {
	if c.Outgoing {
		return c.Handshake.InfoHash
	}
	return c.Local.InfoHash
}

// SetPieces tells how many pieces the torrent has, which bounds bitfields from now on. Until then
// the largest possible torrent does.
func (c *Conn) SetPieces(n int) { c.pieces.Store(int64(n)) }

// Send queues a message; its payload is copied. It returns false, and queues nothing, if the queue
// is full (1 MiB) or the connection has ended: the peer is to be dropped.
func (c *Conn) Send(m wire.Message) bool { return c.out.push(m) }

// SendSpan queues a run of blocks behind what was queued before. It returns false as Send does, if
// 64 spans are waiting; else Sent will answer. A span must hold 1 to MaxSpan bytes.
func (c *Conn) SendSpan(s Span) bool { return c.out.pushSpan(s) }

// Close ends the connection; Closed will be called with reason (nil: ErrClosed). What is queued is
// not sent. Only the first reason counts.
func (c *Conn) Close(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	if c.cause = reason; reason == nil {
		c.cause = ErrClosed
	}
	close(c.done)
	// Closing a socket waits for calls that are in it; waking them is enough: the reader closes.
	_ = c.socket.SetDeadline(time.Unix(1, 0))
}

func (c *Conn) closing() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *Conn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// run is the life of a connection in its reader's goroutine. The writer has one of its own.
func (c *Conn) run() {
	c.owner.Opened(c)
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.Close(newWriter(c).run())
	}()
	c.Close(newReader(c).run())
	<-written
	_ = c.socket.Close()
	c.owner.Closed(c, c.reason())
}

// pause waits for a rate limit, or until the connection is to end.
func (c *Conn) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.done:
	}
}
