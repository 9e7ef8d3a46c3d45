package transport

import (
	"time"

	"groove/torrent/wire"
)

// Owner is the torrent behind a connection, as the connection sees it. All calls for one Conn come
// from its reader's goroutine, except ReadSpan, Sent and WriteDelay, which come from its writer's.
// Opened is the first call, Closed the last. Calls for different Conns come at the same time.
type Owner interface {
	// Opened says that the handshake is done. The first messages may be sent from here.
	Opened(c *Conn)

	// Receive hands over what was read since the last call, in order: at least every 64 items,
	// and before the reader waits. The batch and the payloads in it are valid during the call.
	Receive(c *Conn, batch []Inbound)

	// Land is Receive, and asks where the payload of the block b goes that comes next; batch may
	// be empty. The answer is the b.Length bytes of memory to fill, and a lease that comes back
	// with the block's Inbound (Landed or Broken). The memory stays pinned until then. !ok: nobody
	// wants the block; it is read, dropped and comes back as Wasted.
	Land(c *Conn, batch []Inbound, b Block) (buf []byte, lease uint64, ok bool)

	// ReadSpan fills buf with the span's bytes. It may wait for the disk: nothing else is sent on
	// this connection meanwhile. It is called when what was queued before has left.
	ReadSpan(c *Conn, s Span, buf []byte) error

	// Sent answers every span that SendSpan took, once: n bytes of payload went to the socket, all
	// if err is nil. An error of ReadSpan comes back here, and the connection lives on.
	Sent(c *Conn, s Span, n int, err error)

	// ReadDelay and WriteDelay take n bytes from the owner's rate limits and return how long to
	// wait because of them: after n bytes were read, before n bytes of a block are written. Small
	// messages are taken from the limit as well, but never wait.
	ReadDelay(c *Conn, n int) time.Duration
	WriteDelay(c *Conn, n int) time.Duration

	// Closed says why the connection ended. Every lease and every span was answered before.
	Closed(c *Conn, err error)
}

// Block names the payload of one piece message.
type Block struct{ Piece, Begin, Length uint32 }

// Span is a run of blocks of one piece to be sent, at most MaxSpan bytes: every 16 KiB from Begin
// become one piece message, the last one may be shorter. Token is the owner's.
type Span struct {
	Piece, Begin, Length uint32
	Token                uint64
}

// InboundKind says what an Inbound is.
type InboundKind uint8

// The kinds of Inbound.
const (
	Message InboundKind = iota // Msg came
	Landed                     // the block in Msg (without payload) is in the leased memory
	Broken                     // the connection ended in the middle of that block
	Wasted                     // the block was read and dropped, as Land wanted
)

// Inbound is one thing that was read.
type Inbound struct {
	Kind  InboundKind
	Msg   wire.Message // of Landed, Broken and Wasted: Kind Piece with Piece, Begin and Length
	Lease uint64       // of Landed and Broken
}
