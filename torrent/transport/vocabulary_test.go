package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/wire"
)

const testPiece = 1 << 20

var (
	testHash  = infohash.Short{1, 2, 3}
	otherHash = infohash.Short{9, 9, 9}
)

func hello(id byte) wire.Handshake {
	return wire.Handshake{InfoHash: testHash, PeerID: [20]byte{id}}.With(wire.FlagFast)
}

// seeder answers requests with pattern bytes, consecutive ones as one span.
type seeder struct {
	quiet
	mu      sync.Mutex
	tokens  uint64
	answers map[uint64]error
	failOn  uint32 // ReadSpan of this piece fails, if not 0
}

var errDisk = errors.New("the disk is on fire")

func (s *seeder) Receive(c *Conn, batch []Inbound) {
	var span Span
	for _, in := range batch {
		if in.Kind != Message || in.Msg.Kind != wire.Request {
			continue
		}
		m := in.Msg
		if span.Length > 0 && m.Piece == span.Piece && m.Begin == span.Begin+span.Length && span.Length < MaxSpan {
			span.Length += m.Length
			continue
		}
		s.send(c, span)
		span = Span{Piece: m.Piece, Begin: m.Begin, Length: m.Length}
	}
	s.send(c, span)
}

func (s *seeder) send(c *Conn, span Span) {
	if span.Length == 0 {
		return
	}
	s.mu.Lock()
	s.tokens++
	span.Token = s.tokens
	s.mu.Unlock()
	if !c.SendSpan(span) {
		c.Close(errors.New("too many spans"))
	}
}

func (s *seeder) ReadSpan(_ *Conn, span Span, buf []byte) error {
	if s.failOn != 0 && span.Piece == s.failOn {
		return errDisk
	}
	fillPattern(buf, span.Piece, span.Begin)
	return nil
}

func (s *seeder) Sent(_ *Conn, span Span, _ int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers != nil {
		s.answers[span.Token] = err
	}
}

// fillPattern writes what the byte at each offset of each piece must be. It only marks the ends of
// blocks, so that a benchmark measures the transport.
func fillPattern(buf []byte, piece, begin uint32) {
	for at := 0; at < len(buf); at += layout.BlockSize {
		block := buf[at:min(at+layout.BlockSize, len(buf))]
		mark := byte(piece*31 + (begin+uint32(at))/layout.BlockSize)
		block[0], block[len(block)-1] = mark, ^mark
	}
}

func checkPattern(buf []byte, piece, begin uint32) bool {
	mark := byte(piece*31 + begin/layout.BlockSize)
	return buf[0] == mark && buf[len(buf)-1] == ^mark
}

// getter asks for blocks in order, depth at a time, until it has them all.
type getter struct {
	quiet
	blocks, depth int
	piece         []byte // every piece lands here
	asked, got    int
	bad, wasted   int
	refuse        uint32 // Land refuses this piece, if not 0
	done          chan struct{}
}

func newGetter(blocks, depth int) *getter {
	return &getter{blocks: blocks, depth: depth, piece: make([]byte, testPiece), done: make(chan struct{})}
}

func (g *getter) Opened(c *Conn) { g.ask(c) }

func (g *getter) ask(c *Conn) {
	const perPiece = testPiece / layout.BlockSize
	for g.asked < g.blocks && g.asked-g.got < g.depth {
		m := wire.Message{Kind: wire.Request, Piece: uint32(g.asked / perPiece), Length: layout.BlockSize}
		m.Begin = uint32(g.asked%perPiece) * layout.BlockSize
		if !c.Send(m) {
			c.Close(errors.New("queue full"))
		}
		g.asked++
	}
}

func (g *getter) Receive(c *Conn, batch []Inbound) {
	for _, in := range batch {
		switch in.Kind {
		case Landed:
			m := in.Msg
			if in.Lease != uint64(m.Piece)<<32|uint64(m.Begin) || !checkPattern(g.piece[m.Begin:][:m.Length], m.Piece, m.Begin) {
				g.bad++
			}
		case Wasted:
			g.wasted++
		default:
			continue
		}
		if g.got++; g.got == g.blocks {
			close(g.done)
		}
	}
	if g.asked-g.got <= g.depth/2 {
		g.ask(c)
	}
}

func (g *getter) Land(c *Conn, batch []Inbound, b Block) ([]byte, uint64, bool) {
	g.Receive(c, batch)
	if g.refuse != 0 && b.Piece == g.refuse {
		return nil, 0, false
	}
	return g.piece[b.Begin:][:b.Length], uint64(b.Piece)<<32 | uint64(b.Begin), true
}

// quiet is an Owner that does nothing but remember the end.
type quiet struct {
	ended chan error // gets what Closed was called with, if not nil
}

func (quiet) Opened(*Conn)                                        {}
func (quiet) Receive(*Conn, []Inbound)                            {}
func (quiet) Land(*Conn, []Inbound, Block) ([]byte, uint64, bool) { return nil, 0, false }
func (quiet) ReadSpan(*Conn, Span, []byte) error                  { return nil }
func (quiet) Sent(*Conn, Span, int, error)                        {}
func (quiet) ReadDelay(*Conn, int) time.Duration                  { return 0 }
func (quiet) WriteDelay(*Conn, int) time.Duration                 { return 0 }
func (q quiet) Closed(_ *Conn, err error) {
	if q.ended != nil {
		q.ended <- err
	}
}

// listenFor returns a Transport on loopback that gives every connection to owner, and its address.
func listenFor(t testing.TB, owner Owner, addr string) (*Transport, netip.AddrPort) {
	t.Helper()
	tr, err := New(Config{Listen: []string{addr}, Accept: func(theirs wire.Handshake, _ netip.AddrPort) (wire.Handshake, Owner, error) {
		if theirs.InfoHash != testHash {
			return wire.Handshake{}, nil, errors.New("no such torrent")
		}
		return hello(1), owner, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr, tr.Addrs()[0]
}

// dialler returns a Transport that listens nowhere.
func dialler(t testing.TB) *Transport {
	t.Helper()
	tr, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func mustDial(t testing.TB, tr *Transport, to netip.AddrPort, owner Owner) *Conn {
	t.Helper()
	c, err := tr.Dial(context.Background(), Target{Addr: to, Handshake: hello(2), Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rawPeer connects without a Transport and shakes hands.
func rawPeer(t testing.TB, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Write(wire.AppendHandshake(nil, hello(3))); err != nil {
		t.Fatal(err)
	}
	if _, err := readHandshake(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func receive[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		buf := make([]byte, 1<<20)
		t.Fatalf("nothing happened for 20 s\n%s", buf[:runtime.Stack(buf, true)])
		panic("unreachable")
	}
}

// noGoroutinesLeft fails if a goroutine of this package is alive a while after the test's Cleanups.
func noGoroutinesLeft(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		buf := make([]byte, 1<<20)
		var stacks string
		for range 100 {
			stacks = string(buf[:runtime.Stack(buf, true)])
			if strings.Count(stacks, "transport.(*") == 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("goroutines are left:\n%s", stacks)
	})
}
