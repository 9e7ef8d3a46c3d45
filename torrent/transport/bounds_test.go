package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"groove/torrent/wire"
)

// Nothing is allocated per block once a connection runs.
func TestBlocksCostNoAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	_, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	const blocks = 20_000
	for try := range 3 {
		g := newGetter(blocks, 200)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		mustDial(t, dialler(t), to, g)
		receive(t, g.done)
		runtime.ReadMemStats(&after)
		per := float64(after.Mallocs-before.Mallocs) / blocks
		if per < 0.02 {
			return
		}
		t.Logf("try %d: %.3f allocations per block", try, per)
	}
	t.Error("blocks allocate")
}

// A thousand peers that have nothing to say must not cost a buffer each.
func TestAQuietPeerHoldsNoBuffer(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" || raceEnabled {
		t.Skip("only where source_readv.go is used")
	}
	_, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	tr := dialler(t)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools keep their content for one collection
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	before := heap()
	const peers = 150
	for range peers {
		mustDial(t, tr, to, quiet{}).Send(wire.Message{Kind: wire.Interested})
	}
	if per := (heap() - before) / (2 * peers); per > 24<<10 {
		t.Errorf("an idle connection takes %d bytes", per)
	} else {
		t.Logf("an idle connection takes %d bytes", per)
	}
}

// stalled is an Owner whose disk hangs until it is told.

type stalled struct {
	quiet
	reading chan Span
	resume  chan struct{}
	mu      sync.Mutex
	answers []error
}

func (s *stalled) ReadSpan(_ *Conn, span Span, _ []byte) error {
	s.reading <- span
	<-s.resume
	return nil
}

func (s *stalled) Sent(_ *Conn, _ Span, _ int, err error) {
	s.mu.Lock()
	s.answers = append(s.answers, err)
	s.mu.Unlock()
}

// The queue is bounded in bytes and spans, and every span that it took is answered before the end.
func TestAFullQueueSaysSo(t *testing.T) {
	noGoroutinesLeft(t)
	_, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	s := &stalled{quiet: quiet{ended: make(chan error, 1)}, reading: make(chan Span), resume: make(chan struct{})}
	c := mustDial(t, dialler(t), to, s)
	span := Span{Piece: 1, Length: 5}
	if !c.SendSpan(span) {
		t.Fatal("an empty queue is full")
	}
	receive(t, s.reading) // the writer hangs in ReadSpan
	spans := 1
	for c.SendSpan(span) {
		spans++
	}
	if spans != 1+maxQueuedSpans {
		t.Errorf("%d spans queued", spans)
	}
	bytes := 0
	for c.Send(wire.Message{Kind: wire.Bitfield, Payload: make([]byte, 1000)}) {
		bytes += 1005
	}
	if bytes < maxQueuedBytes-2000 || bytes > maxQueuedBytes+2000 {
		t.Errorf("%d bytes queued", bytes)
	}
	reason := errors.New("queue full")
	c.Close(reason)
	close(s.resume)
	if err := receive(t, s.ended); err != reason {
		t.Errorf("ended with %v", err)
	}
	if len(s.answers) != spans {
		t.Errorf("%d of %d spans answered", len(s.answers), spans)
	}
	if c.Send(wire.Message{Kind: wire.Choke}) || c.SendSpan(span) {
		t.Error("a closed connection takes messages")
	}
}

// Strangers who connect and say nothing must not keep others out, nor stay.
func TestSilentStrangersGiveWay(t *testing.T) {
	noGoroutinesLeft(t)
	_, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	var strangers []net.Conn
	for range defaultMaxIncoming + 40 {
		c, err := net.Dial("tcp", to.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		strangers = append(strangers, c)
	}
	g := newGetter(64, 10)
	mustDial(t, dialler(t), to, g)
	receive(t, g.done)
	gone := 0
	for _, c := range strangers[:40] {
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			gone++
		}
	}
	if gone != 40 {
		t.Errorf("%d of the 40 oldest were dropped", gone)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	noGoroutinesLeft(t)
	_, to := listenFor(t, &seeder{}, "127.0.0.1:0")
	tr, err := New(Config{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	mustDial(t, tr, to, quiet{})
	ended := make(chan error, 1)
	c := mustDial(t, tr, to, quiet{ended})
	target := Target{Addr: to, Handshake: hello(2), Owner: quiet{}}
	if _, err := tr.Dial(context.Background(), target); !errors.Is(err, ErrFull) {
		t.Errorf("a third connection: %v", err)
	}
	c.Close(nil)
	if err := receive(t, ended); !errors.Is(err, ErrClosed) {
		t.Errorf("ended with %v", err)
	}
	for {
		if _, err = tr.Dial(context.Background(), target); !errors.Is(err, ErrFull) {
			break // the place is given back a moment after Closed
		}
	}
	if err != nil {
		t.Errorf("after one left: %v", err)
	}
}

func TestDialsAreBoundedAndEnd(t *testing.T) {
	noGoroutinesLeft(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, never shakes hands
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	tr, err := New(Config{MaxHalfOpen: 1})
	if err != nil {
		t.Fatal(err)
	}
	target := Target{Addr: addrPort(l.Addr()), Handshake: hello(2), Owner: quiet{}}
	ends := make(chan error, 3)
	for range 2 {
		go func() {
			_, err := tr.Dial(context.Background(), target)
			ends <- err
		}()
	}
	for len(tr.halfOpen) == 0 {
		runtime.Gosched()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := tr.Dial(ctx, target); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a dial that waits for its place: %v", err)
	}
	tr.Close()
	for range 2 {
		if err := receive(t, ends); !errors.Is(err, ErrShutdown) {
			t.Errorf("a dial at shutdown: %v", err)
		}
	}
	if _, err := tr.Dial(context.Background(), target); !errors.Is(err, ErrShutdown) {
		t.Errorf("a dial after shutdown: %v", err)
	}
}
