package transport

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/wire"
)

// The main job: requests one way, blocks the other, over both families.
func TestBlocksArrive(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			noGoroutinesLeft(t)
			s := &seeder{quiet: quiet{ended: make(chan error, 1)}}
			_, to := listenFor(t, s, addr)
			g := newGetter(2048, 100)
			g.refuse = 3
			c := mustDial(t, dialler(t), to, g)
			receive(t, g.done)
			if want := testPiece / layout.BlockSize; g.bad > 0 || g.wasted != want {
				t.Errorf("%d bad blocks, %d wasted, want %d", g.bad, g.wasted, want)
			}
			if !c.Outgoing || c.Remote != to || c.Handshake.PeerID[0] != 1 || c.InfoHash() != testHash {
				t.Errorf("connection to %v: %+v", c.Remote, c.Handshake)
			}
			c.Close(nil)
			if err := receive(t, s.ended); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the other side ended with %v", err)
			}
		})
	}
}

func TestASpanThatCannotBeReadIsAnswered(t *testing.T) {
	s := &seeder{answers: map[uint64]error{}, failOn: 1}
	_, to := listenFor(t, s, "127.0.0.1:0")
	g := newGetter(testPiece/layout.BlockSize, 100) // piece 0; the connection must live on
	c := mustDial(t, dialler(t), to, g)
	c.Send(wire.Message{Kind: wire.Request, Piece: 1, Length: 77})
	receive(t, g.done)
	again := newGetter(testPiece/layout.BlockSize, 100)
	mustDial(t, dialler(t), to, again)
	receive(t, again.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := 0
	for _, err := range s.answers {
		if errors.Is(err, errDisk) {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%d spans failed: %v", failed, s.answers)
	}
}

// A peer that goes in the middle of a block: its lease comes back, then the end.
func TestAPeerBreaksOff(t *testing.T) {
	noGoroutinesLeft(t)
	l := &listener{quiet: quiet{ended: make(chan error, 1)}}
	_, to := listenFor(t, l, "127.0.0.1:0")
	peer := rawPeer(t, to)
	peer.Write(wire.AppendPieceHeader(nil, 4, 0, layout.BlockSize))
	peer.Write(make([]byte, 5000))
	peer.Close()
	if err := receive(t, l.ended); !errors.Is(err, io.EOF) {
		t.Errorf("ended with %v", err)
	}
	if len(l.heard) != 1 || l.heard[0].Kind != Broken || l.heard[0].Msg.Piece != 4 {
		t.Errorf("heard %+v", l.heard)
	}
}

func TestWrongHandshakes(t *testing.T) {
	noGoroutinesLeft(t)
	_, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	tr := dialler(t)
	dial := func(hs wire.Handshake, also ...infohash.Short) error {
		c, err := tr.Dial(context.Background(), Target{Addr: to, Handshake: hs, Also: also, Owner: quiet{}})
		if err == nil {
			c.Close(nil)
		}
		return err
	}
	if err := dial(hello(1)); !errors.Is(err, ErrSelf) && !errors.Is(err, io.EOF) {
		t.Errorf("dialled ourselves: %v", err)
	}
	other := hello(2)
	other.InfoHash = otherHash
	if err := dial(other); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("unknown torrent: %v", err)
	}
	raw, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	raw.Write([]byte("GET / HTTP/1.1\r\nHost: example.org\r\nAccept: everything and a bit more\r\n\r\n"))
	raw.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := raw.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("a web browser got an answer")
	}
}

// A hybrid torrent asked for by one hash may be answered with the other; else that is wrong.
func TestAHybridHasTwoNames(t *testing.T) {
	noGoroutinesLeft(t)
	server, err := New(Config{Listen: []string{"127.0.0.1:0"}, Accept: func(theirs wire.Handshake, _ netip.AddrPort) (wire.Handshake, Owner, error) {
		answer := hello(1)
		if theirs.Has(wire.FlagV2) {
			answer.InfoHash = otherHash
		}
		return answer, quiet{}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	tr := dialler(t)
	target := Target{Addr: server.Addrs()[0], Handshake: hello(2).With(wire.FlagV2), Owner: quiet{}}
	if _, err := tr.Dial(context.Background(), target); !errors.Is(err, ErrUnknown) {
		t.Errorf("another torrent's answer: %v", err)
	}
	target.Also = []infohash.Short{otherHash}
	c, err := tr.Dial(context.Background(), target)
	if err != nil || c.InfoHash() != otherHash {
		t.Errorf("the other name: %v", err)
	}
}

func TestListening(t *testing.T) {
	tr, err := New(Config{Listen: []string{":0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	addrs := tr.Addrs()
	if len(addrs) != 2 || !addrs[0].Addr().Is4() || !addrs[1].Addr().Is6() || addrs[0].Port() != addrs[1].Port() {
		t.Errorf("listens on %v", addrs)
	}
	_, err = New(Config{Listen: []string{"127.0.0.1:0", addrs[0].String()}})
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port in use: %v", err)
	}
	_, err = New(Config{Listen: []string{":" + strconv.Itoa(int(addrs[0].Port()))}})
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("both ports in use: %v", err)
	}
	if _, err := New(Config{Listen: []string{"nonsense"}}); err == nil {
		t.Error("listens on nonsense")
	}
}

// Peers come and go while blocks move; in the end nothing is left.
func TestChurn(t *testing.T) {
	noGoroutinesLeft(t)
	server, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	tr := dialler(t)
	var working sync.WaitGroup
	for n := range 20 {
		working.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(n)))
			for range 5 {
				g := newGetter(1+rng.IntN(300), 50)
				c := mustDial(t, tr, to, g)
				switch rng.IntN(3) {
				case 0:
					<-g.done
				case 1:
					time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond)
				}
				c.Close(nil)
			}
		})
	}
	working.Wait()
	g := newGetter(1<<30, 100)
	g.ended = make(chan error, 1)
	mustDial(t, tr, to, g)
	server.Close()
	receive(t, g.ended)
	if err := tr.Close(); err != nil {
		t.Error(err)
	}
}
