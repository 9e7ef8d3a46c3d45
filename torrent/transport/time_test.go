package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"groove/internal/clock"
	"groove/internal/rate"
	"groove/torrent/wire"
)

// pair runs a connection over a pipe inside a bubble with its own time, and gives the other end.
func pair(owner Owner) (*Conn, net.Conn) {
	ours, theirs := net.Pipe()
	c := newConn(ours, hello(1), owner)
	go c.run()
	return c, theirs
}

func TestKeepAlivesLeaveAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		c, peer := pair(quiet{})
		var b [4]byte
		for n := range 2 {
			if _, err := io.ReadFull(peer, b[:]); err != nil || b != [4]byte{} {
				t.Fatalf("read %x, %v", b, err)
			}
			if at := time.Since(began); at != time.Duration(n+1)*time.Minute {
				t.Errorf("a keep-alive after %v", at)
			}
			peer.Write(b[:]) // it lives as well
		}
		c.Close(nil)
		peer.Close()
	})
}

func TestASilentPeerIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ended := make(chan error, 1)
		_, peer := pair(quiet{ended})
		go io.Copy(io.Discard, peer)
		time.Sleep(10 * time.Second)
		peer.Write(make([]byte, 4))
		if err := <-ended; !errors.Is(err, ErrSilent) {
			t.Errorf("ended with %v", err)
		}
		if after := time.Since(began); after < 2*time.Minute || after > 150*time.Second {
			t.Errorf("dropped after %v", after)
		}
		peer.Close()
	})
}

func TestAPeerThatTakesNothingIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ended := make(chan error, 1)
		c, peer := pair(quiet{ended})
		go func() { // it talks all the time, and reads one byte every 50 s for a while
			for range 100 {
				if _, err := peer.Write(make([]byte, 4)); err != nil {
					return
				}
				time.Sleep(10 * time.Second)
			}
		}()
		c.SendSpan(Span{Length: MaxSpan})
		for range 5 {
			time.Sleep(50 * time.Second)
			peer.Read(make([]byte, 1))
		}
		if err := <-ended; !errors.Is(err, ErrStuck) {
			t.Errorf("ended with %v", err)
		}
		if after := time.Since(began); after < 310*time.Second || after > 400*time.Second {
			t.Errorf("dropped after %v", after)
		}
		peer.Close()
		time.Sleep(10 * time.Second) // for the talker to notice
	})
}

func TestAHandshakeHasTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ours, peer := net.Pipe()
		go func() { // one byte a second would take more than a minute
			for _, b := range wire.AppendHandshake(nil, hello(2)) {
				if _, err := peer.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		tr, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tr.answer(t.Context(), ours)
		ours.Close()
		time.Sleep(time.Second)
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != handshakeTimeout+time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		tr.Close()
	})
}

// limited is a seeder under a rate limit both ways.
type limited struct {
	seeder
	clock    clock.Wall
	up, down rate.Bucket
}

func (l *limited) WriteDelay(_ *Conn, n int) time.Duration { return l.up.Take(l.clock.Now(), int64(n)) }
func (l *limited) ReadDelay(_ *Conn, n int) time.Duration {
	return l.down.Take(l.clock.Now(), int64(n))
}

// Blocks keep to the limit, at an even pace; messages do not wait.
func TestRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l := &limited{clock: clock.NewWall()}
		l.up.SetLimit(100_000)
		l.down.SetLimit(50_000)
		c, peer := pair(l)
		c.SendSpan(Span{Length: MaxSpan})
		c.SendSpan(Span{Length: MaxSpan})
		var longest, last time.Duration
		buf := make([]byte, 1<<20)
		for total := 0; total < 2*MaxSpan; {
			n, err := peer.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			total += n
			at := time.Since(began)
			longest, last = max(longest, at-last), at
		}
		if last < 4*time.Second || last > 6*time.Second || longest > time.Second {
			t.Errorf("512 KiB took %v, with a pause of %v", last, longest)
		}
		c.Send(wire.Message{Kind: wire.Choke})
		peer.Read(buf)
		if waited := time.Since(began) - last; waited > 0 {
			t.Errorf("a choke waited %v", waited)
		}
		began = time.Now()
		for range 20 { // what we send is taken no faster than the limit wants
			peer.Write(wire.Append(nil, wire.Message{Kind: wire.Extended, Payload: make([]byte, 20_000)}))
		}
		if took := time.Since(began); took < 6*time.Second || took > 9*time.Second {
			t.Errorf("400 kB were read in %v", took)
		}
		c.Close(nil)
		peer.Close()
	})
}
