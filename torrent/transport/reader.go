package transport

// This is the hot path of a download: every byte that arrives passes here. Hence
//   - what is missing of a block is read by the system straight into the piece it belongs to; the
//     same call brings up to 64 KiB of what follows, and only blocks in there are copied again;
//   - in a stream of blocks there is one call of the owner per block, since each of them takes the
//     torrent's lock;
//   - nothing is allocated, deadlines are not moved per read, and a peer that says nothing holds
//     no buffer.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"groove/torrent/wire"
)

// source reads from a socket. Its two forms are source_readv.go and source_plain.go.
type source interface {
	// read fills a, then b, with one call of the system where that can be done, and returns how
	// many bytes came. It waits for the first one. The error is io.EOF at the end.
	read(a, b []byte) (int, error)

	// readIdle reads into memory that lend gives when bytes are there; reclaim takes it back if
	// there were none after all.
	readIdle(lend func() []byte, reclaim func()) (int, error)
}

type reader struct {
	c      *Conn
	source source
	desk   *desk     // nil while the peer says nothing
	buf    []byte    // the desk's, or a longer one for a message that exceeds it
	r, w   int       // buf[r:w] was read and not yet looked at
	batch  []Inbound // not yet handed over; payloads alias buf
	silent int       // read deadlines in a row that brought nothing

	lend    func() []byte // bound once, so that a read allocates nothing
	reclaim func()
}

func newReader(c *Conn) *reader {
	r := &reader{c: c, source: newSource(c.socket)}
	r.lend, r.reclaim = r.takeDesk, r.returnDesk
	return r
}

// run returns why the connection ends.
func (r *reader) run() error {
	err := r.arm()
	for err == nil {
		if err = r.fill(); err == nil {
			err = r.parse()
		}
	}
	r.deliver()
	if r.desk != nil {
		r.returnDesk()
	}
	return err
}

func (r *reader) takeDesk() []byte {
	r.desk = desks.Get().(*desk)
	r.buf, r.batch = r.desk.buf[:], r.desk.batch[:0]
	return r.buf
}

func (r *reader) returnDesk() {
	if len(r.buf) > readBufferSize {
		clear(r.desk.batch[:]) // its payloads would pin the long buffer
	}
	desks.Put(r.desk)
	r.desk, r.buf, r.batch, r.r, r.w = nil, nil, nil, 0, 0
}

// fill reads at least one more byte behind what is left over.
func (r *reader) fill() error {
	if r.r < r.w {
		r.makeRoom()
		n, err := r.read(r.buf[r.w:], nil)
		r.w += n
		return err
	}
	if r.desk != nil {
		r.returnDesk()
	}
	n, err := r.read(nil, nil)
	r.w += n
	return err
}

// makeRoom moves what is left over to the front, and doubles a buffer that it fills: memory grows
// with what a peer has sent, not with what it announced.
func (r *reader) makeRoom() {
	rest := r.buf[r.r:r.w]
	switch {
	case len(rest) == len(r.buf):
		r.buf = make([]byte, 2*len(r.buf))
	case r.r == 0: // in place already: a message that comes byte by byte is not moved at each
		return
	}
	r.r, r.w = 0, copy(r.buf, rest)
}

// read fills a, then b; with neither it reads what comes onto a desk taken for it. It waits for the
// first byte, and afterwards for as long as the rate limit wants.
func (r *reader) read(a, b []byte) (n int, err error) {
	for {
		if len(a)+len(b) > 0 {
			n, err = r.source.read(a, b)
		} else {
			n, err = r.source.readIdle(r.lend, r.reclaim)
		}
		if err == nil {
			r.silent = 0
			r.c.pause(r.c.owner.ReadDelay(r.c, n))
			return n, nil
		}
		if err = r.patience(err); err != nil {
			return 0, err
		}
	}
}

// patience returns nil if a read ended only because a tick passed.
func (r *reader) patience(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("read from peer: %w", err)
	}
	if r.silent++; r.silent >= maxSilentTicks {
		return ErrSilent
	}
	return r.arm()
}

// arm sets the read deadline to the next tick. It is not moved when something comes: that would
// cost more than it is worth.
func (r *reader) arm() error {
	if err := r.c.socket.SetReadDeadline(time.Now().Add(silenceTick)); err != nil {
		return fmt.Errorf("read from peer: %w", err)
	}
	if r.c.closing() { // whose deadline we may just have overwritten
		return ErrClosed
	}
	return nil
}

// parse takes every whole message out of the buffer and hands them over.
func (r *reader) parse() error {
	for {
		whole, err := r.next()
		if err != nil {
			return err
		}
		if !whole {
			r.deliver()
			return nil
		}
	}
}

// next takes one message, or reports false if its rest has not come yet.
func (r *reader) next() (whole bool, err error) {
	have := r.buf[r.r:r.w]
	if len(have) < 4 {
		return false, nil
	}
	length := binary.BigEndian.Uint32(have)
	if length == 0 {
		r.r += 4
		return true, nil // a keep-alive
	}
	if len(have) < 5 {
		return false, nil
	}
	kind := wire.Kind(have[4])
	if bound := wire.MaxLength(kind, int(r.c.pieces.Load())); uint64(length) > uint64(bound) {
		return false, fmt.Errorf("read %v of %d bytes, at most %d are allowed: %w", kind, length, bound, ErrTooLong)
	}
	if kind == wire.Piece && length > wire.PieceHeaderSize-4 {
		return r.piece(have, length)
	}
	if uint64(len(have)) < 4+uint64(length) {
		return false, nil
	}
	m, err := wire.Decode(have[4 : 4+length])
	if err != nil {
		return false, err
	}
	r.r += int(4 + length)
	r.add(Inbound{Kind: Message, Msg: m})
	return true, nil
}

// piece takes a block as soon as its header is here.
func (r *reader) piece(have []byte, length uint32) (whole bool, err error) {
	if len(have) < wire.PieceHeaderSize {
		return false, nil
	}
	b := Block{
		Piece:  binary.BigEndian.Uint32(have[5:]),
		Begin:  binary.BigEndian.Uint32(have[9:]),
		Length: length - (wire.PieceHeaderSize - 4),
	}
	r.r += wire.PieceHeaderSize
	buf, lease, ok := r.c.owner.Land(r.c, r.batch, b)
	r.batch = r.batch[:0]
	in := Inbound{Kind: Wasted, Msg: wire.Message{Kind: wire.Piece, Piece: b.Piece, Begin: b.Begin, Length: b.Length}}
	if !ok {
		if err := r.skip(int(b.Length)); err != nil {
			return false, err
		}
		r.add(in)
		return true, nil
	}
	in.Kind, in.Lease = Landed, lease
	if err = r.land(buf[:b.Length]); err != nil {
		in.Kind = Broken
	}
	r.add(in)
	return true, err
}

// land fills buf: from our buffer what came already, the rest from the socket.
func (r *reader) land(buf []byte) error {
	n := copy(buf, r.buf[r.r:r.w])
	r.r += n
	for n < len(buf) { // and so nothing is left over
		k, err := r.read(buf[n:], r.buf)
		if err != nil {
			return err
		}
		n += k
		r.r, r.w = 0, max(0, n-len(buf))
	}
	return nil
}

// skip reads n bytes and drops them.
func (r *reader) skip(n int) error {
	k := min(n, r.w-r.r)
	r.r += k
	for n -= k; n > 0; n -= k {
		var err error
		if k, err = r.read(r.buf, nil); err != nil {
			return err
		}
		r.r, r.w = min(n, k), k
	}
	return nil
}

func (r *reader) add(in Inbound) {
	if r.batch = append(r.batch, in); len(r.batch) == maxBatch {
		r.deliver()
	}
}

func (r *reader) deliver() {
	if len(r.batch) > 0 {
		r.c.owner.Receive(r.c, r.batch)
		r.batch = r.batch[:0]
	}
}
