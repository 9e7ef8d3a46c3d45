package transport

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"groove/torrent/layout"
	"groove/torrent/wire"
)

// writer sends what the outbox holds, in order. Messages that wait leave together. A span is read
// from disk only when everything before it has left, into one buffer, and goes out with its block
// headers in one call.
type writer struct {
	c       *Conn
	bytes   []byte
	spans   []mark
	headers []byte      // of the blocks of one span
	vector  net.Buffers // what the next flush writes: a header and a block in turns
	rest    net.Buffers // what of it has not left yet
	armed   time.Time   // when the socket's write deadline was set
}

// maxBlocks is how many blocks fit into a span.
const maxBlocks = MaxSpan / layout.BlockSize

func newWriter(c *Conn) *writer {
	return &writer{c: c, headers: make([]byte, 0, maxBlocks*wire.PieceHeaderSize)}
}

// run returns why the connection ends: an error of ours, or nil if it was closed elsewhere.
func (w *writer) run() error {
	err := w.loop()
	for _, m := range append(w.spans, w.c.out.close()...) {
		w.c.owner.Sent(w.c, m.span, 0, ErrClosed)
	}
	return err
}

func (w *writer) loop() error {
	idle := time.NewTimer(keepAliveAfter)
	defer idle.Stop()
	for !w.c.closing() {
		w.bytes, w.spans = w.c.out.take(w.bytes, w.spans)
		if len(w.bytes)+len(w.spans) > 0 {
			if err := w.writeTaken(); err != nil {
				return err
			}
			idle.Reset(keepAliveAfter)
			continue
		}
		select {
		case <-w.c.out.wake:
		case <-idle.C:
			w.c.Send(wire.Message{Kind: wire.KeepAlive})
		case <-w.c.done:
		}
	}
	return nil
}

// writeTaken sends messages and spans in the order in which they were queued. On an error w.spans
// keeps those that were not reached.
func (w *writer) writeTaken() error {
	from := 0
	for len(w.spans) > 0 {
		next := w.spans[0]
		if err := w.writeMessages(w.bytes[from:next.at]); err != nil {
			return err
		}
		from = next.at
		// Slid to the front, so that the array is used again.
		w.spans = w.spans[:copy(w.spans, w.spans[1:])]
		if err := w.writeSpan(next.span); err != nil {
			return err
		}
	}
	return w.writeMessages(w.bytes[from:])
}

// writeMessages does not wait for the rate limit: a request or a choke that comes late costs more
// than the few bytes it has.
func (w *writer) writeMessages(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	w.c.owner.WriteDelay(w.c, len(b))
	w.vector = append(w.vector[:0], b)
	return w.flush()
}

func (w *writer) writeSpan(s Span) error {
	if w.c.closing() {
		w.c.owner.Sent(w.c, s, 0, ErrClosed)
		return nil
	}
	buf := takeSpanBuffer(int(s.Length))
	defer buf.giveBack()
	payload := buf.bytes[:s.Length]
	if err := w.c.owner.ReadSpan(w.c, s, payload); err != nil {
		w.c.owner.Sent(w.c, s, 0, err)
		return nil
	}
	n, err := w.writeBlocks(s, payload)
	w.c.owner.Sent(w.c, s, n, err)
	return err
}

// writeBlocks sends a span's payload: in one write, or in parts where the rate limit wants waits.
// It returns how much of it has left.
func (w *writer) writeBlocks(s Span, payload []byte) (sent int, err error) {
	w.headers, w.vector = w.headers[:0], w.vector[:0]
	for at := 0; at < len(payload); at += layout.BlockSize {
		block := payload[at:min(at+layout.BlockSize, len(payload))]
		if d := w.c.owner.WriteDelay(w.c, wire.PieceHeaderSize+len(block)); d > 0 {
			if err := w.flush(); err != nil {
				return sent, err
			}
			sent = at
			w.c.pause(d)
		}
		start := len(w.headers)
		w.headers = wire.AppendPieceHeader(w.headers, s.Piece, s.Begin+uint32(at), uint32(len(block)))
		w.vector = append(w.vector, w.headers[start:], block)
	}
	if err := w.flush(); err != nil {
		return sent, err
	}
	return len(payload), nil
}

// flush writes the vector and empties it. It goes on for as long as the peer takes bytes.
func (w *writer) flush() error {
	w.rest = w.vector
	w.vector = w.vector[:0]
	stuck := false
	for len(w.rest) > 0 {
		if err := w.arm(stuck); err != nil {
			return err
		}
		n, err := w.rest.WriteTo(w.c.socket)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("write to peer: %w", err)
		case stuck && n == 0:
			return ErrStuck
		}
		stuck, w.armed = n == 0, time.Time{}
	}
	return nil
}

// arm moves the write deadline on, but not at every write: that would cost more than it is worth.
// So a deadline may come early; a peer that has taken nothing by then gets another quarter.
func (w *writer) arm(stuck bool) error {
	now := time.Now()
	if now.Sub(w.armed) < writeTimeout/4 {
		return nil
	}
	w.armed = now
	timeout := writeTimeout
	if stuck {
		timeout /= 4
	}
	if err := w.c.socket.SetWriteDeadline(now.Add(timeout)); err != nil {
		return fmt.Errorf("write to peer: %w", err)
	}
	if w.c.closing() { // whose deadline we may just have overwritten
		return ErrClosed
	}
	return nil
}
