package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"testing"

	"groove/torrent/layout"
	"groove/torrent/wire"
)

// listener is an Owner that writes down what it is told. Blocks of odd pieces are refused.
type listener struct {
	quiet
	heard  []Inbound
	blocks [][]byte // payloads by lease
	calls  int
	most   int // the longest batch
}

func (l *listener) Receive(_ *Conn, batch []Inbound) {
	l.calls++
	l.most = max(l.most, len(batch))
	for _, in := range batch {
		in.Msg.Payload = bytes.Clone(in.Msg.Payload)
		l.heard = append(l.heard, in)
	}
}

func (l *listener) Land(c *Conn, batch []Inbound, b Block) ([]byte, uint64, bool) {
	l.Receive(c, batch)
	if b.Piece%2 == 1 {
		return nil, 0, false
	}
	l.blocks = append(l.blocks, make([]byte, b.Length))
	return l.blocks[len(l.blocks)-1], uint64(len(l.blocks) - 1), true
}

// chopped is a source that gives a stream in parts of random size, and then an error.
type chopped struct {
	stream []byte
	rng    *rand.Rand
	most   int
	end    error
}

func (s *chopped) read(a, b []byte) (int, error) {
	if len(s.stream) == 0 {
		return 0, s.end
	}
	n := min(1+s.rng.IntN(s.most), len(s.stream), len(a)+len(b))
	k := copy(a, s.stream[:n])
	copy(b, s.stream[k:n])
	s.stream = s.stream[n:]
	return n, nil
}

func (s *chopped) readIdle(lend func() []byte, reclaim func()) (int, error) {
	n, err := s.read(lend(), nil)
	if n == 0 {
		reclaim()
	}
	return n, err
}

// readAll runs a reader over a stream and returns what its owner heard.
func readAll(t testing.TB, s *chopped, pieces int) (*listener, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	l := &listener{}
	c := newConn(ours, hello(1), l)
	c.SetPieces(pieces)
	r := newReader(c)
	r.source = s
	err := r.run()
	if r.desk != nil {
		t.Error("a desk was kept")
	}
	return l, err
}

// Whatever the network does to a stream, its owner hears the same messages in the same order, and
// every block lies where it should.
func TestTheNetworkMayCutAnywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for most, n := range map[int]int{1: 20, 3: 20, 13: 50, 17: 50, 1000: 200, 20_000: 400, 200_000: 400} {
		stream, want, payloads := conversation(rng, n)
		l, err := readAll(t, &chopped{stream, rng, most, io.EOF}, 1<<20)
		if !errors.Is(err, io.EOF) {
			t.Fatalf("parts up to %d: %v", most, err)
		}
		if !reflect.DeepEqual(l.heard, want) {
			t.Fatalf("parts up to %d: heard %d messages, want %d", most, len(l.heard), len(want))
		}
		if !reflect.DeepEqual(l.blocks, payloads) {
			t.Fatalf("parts up to %d: blocks differ", most)
		}
		if l.most > maxBatch {
			t.Errorf("a batch of %d", l.most)
		}
	}
}

// conversation makes a random stream with messages of all sizes, what must be heard of it, and the
// payloads that must land.
func conversation(rng *rand.Rand, n int) (stream []byte, want []Inbound, payloads [][]byte) {
	for range n {
		m := wire.Message{Kind: wire.Have, Piece: rng.Uint32()}
		switch rng.IntN(8) {
		case 0:
			stream = wire.Append(stream, wire.Message{Kind: wire.KeepAlive})
			continue
		case 1:
			m = wire.Message{Kind: wire.Request, Piece: 1, Begin: 2, Length: 3}
		case 2:
			m = wire.Message{Kind: wire.Extended, ExtID: 1, Payload: noise(rng, 1+rng.IntN(100_000))}
		case 3:
			m = wire.Message{Kind: wire.Piece, Begin: 7} // BitComet's way to say no
		case 4, 5, 6:
			size := layout.BlockSize
			if rng.IntN(3) == 0 {
				size = 1 + rng.IntN(layout.BlockSize)
			}
			m = wire.Message{Kind: wire.Piece, Piece: rng.Uint32N(10), Begin: rng.Uint32(), Payload: noise(rng, size)}
			m.Length = uint32(size)
		}
		stream = wire.Append(stream, m)
		in := Inbound{Msg: m}
		if m.Kind == wire.Piece && m.Length > 0 {
			in.Kind, in.Msg.Payload = Wasted, nil
			if m.Piece%2 == 0 {
				in.Kind, in.Lease = Landed, uint64(len(payloads))
				payloads = append(payloads, m.Payload)
			}
		}
		want = append(want, in)
	}
	return stream, want, payloads
}

func noise(rng *rand.Rand, n int) []byte {
	b := make([]byte, n+7)
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rng.Uint64())
	}
	return b[:n]
}

// A connection that ends inside a block gives its lease back, after everything that came before.
func TestABlockThatBreaksIsReported(t *testing.T) {
	stream := wire.Append(nil, wire.Message{Kind: wire.Have, Piece: 5})
	stream = wire.Append(stream, wire.Message{Kind: wire.Piece, Payload: make([]byte, 1000)})
	stream = wire.Append(stream, wire.Message{Kind: wire.Piece, Piece: 2, Payload: make([]byte, layout.BlockSize)})
	for _, cut := range []int{1, layout.BlockSize - 1, layout.BlockSize} {
		rng := rand.New(rand.NewPCG(1, 2))
		l, err := readAll(t, &chopped{stream[:len(stream)-cut], rng, 5000, io.ErrUnexpectedEOF}, 10)
		if !errors.Is(err, io.ErrUnexpectedEOF) || len(l.heard) != 3 {
			t.Fatalf("heard %v, %v", l.heard, err)
		}
		last := l.heard[2]
		if l.heard[1].Kind != Landed || last.Kind != Broken || last.Lease != 1 || last.Msg.Piece != 2 {
			t.Errorf("heard %v", l.heard)
		}
	}
}

func TestMessagesThatAreTooLong(t *testing.T) {
	for name, head := range map[string][]byte{
		"4 GiB":                {0xff, 0xff, 0xff, 0xff, 4},
		"request of 14 bytes":  {0, 0, 0, 14, 6},
		"block of 32 KiB":      {0, 0, 0x80, 9, 7},
		"bitfield of 9 pieces": {0, 0, 0, 4, 5},
		"unknown message":      {0, 0, 0, 1, 99},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		l, err := readAll(t, &chopped{head, rng, 5, io.EOF}, 8)
		if !errors.Is(err, ErrTooLong) || len(l.heard) > 0 {
			t.Errorf("%s: %v, heard %v", name, err, l.heard)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	if _, err := readAll(t, &chopped{[]byte{0, 0, 0, 3, 4, 0, 0}, rng, 9, io.EOF}, 8); !errors.Is(err, wire.ErrLength) {
		t.Errorf("short have: %v", err)
	}
}

// Whatever a stranger sends, memory stays bounded and every lease comes back.
func FuzzReader(f *testing.F) {
	small := wire.Append(nil, wire.Message{Kind: wire.Have, Piece: 5})
	small = wire.Append(small, wire.Message{Kind: wire.Piece, Piece: 2, Payload: []byte("a block")})
	small = wire.Append(small, wire.Message{Kind: wire.Piece, Piece: 3, Payload: []byte("unwanted")})
	small = wire.Append(small, wire.Message{Kind: wire.Extended, Payload: []byte("de")})
	f.Add(small, uint16(10))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 10, 7, 0, 0, 0, 2, 0, 0, 0, 0, 'x'}, uint16(1))
	f.Fuzz(func(t *testing.T, stream []byte, most uint16) {
		s := &chopped{stream, rand.New(rand.NewPCG(1, 2)), int(most) + len(stream)/1000 + 1, io.EOF}
		l, err := readAll(t, s, 100)
		if err == nil {
			t.Fatal("a reader that ends without an error")
		}
		leases := 0
		for _, in := range l.heard {
			if in.Kind == Landed || in.Kind == Broken {
				if in.Lease != uint64(leases) {
					t.Fatalf("lease %d comes back as the %dth", in.Lease, leases)
				}
				leases++
			}
		}
		if leases != len(l.blocks) {
			t.Fatalf("%d leases, %d came back", len(l.blocks), leases)
		}
	})
}
