package trackers

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"groove/torrent/announce"
)

// udpSocket is the socket of one family, shared by all calls. Answers find their question by
// the tracker's address and the transaction, which nobody off the path can guess.
type udpSocket struct {
	mu      sync.Mutex
	conn    *net.UDPConn
	waiting map[question]chan []byte
	reading sync.WaitGroup
}

type question struct {
	tracker     netip.AddrPort
	transaction uint32
}

// opened opens the socket with its first use.
func (s *udpSocket) opened(f family) (*udpSocket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		return s, nil
	}
	conn, err := net.ListenUDP(f.network("udp"), nil)
	if err != nil {
		return nil, fmt.Errorf("open a UDP socket: %w", err)
	}
	s.conn, s.waiting = conn, map[question]chan []byte{}
	s.reading.Go(func() { s.read(conn) })
	return s, nil
}

func (s *udpSocket) close() {
	s.mu.Lock()
	if s.conn != nil {
		s.conn.Close()
	}
	s.mu.Unlock()
	s.reading.Wait()
}

// read hands out answers until the socket is closed. Some systems report here that an earlier
// packet found no listener; that ends nothing.
func (s *udpSocket) read(conn *net.UDPConn) {
	buf := make([]byte, maxDatagram)
	failures := 0
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if failures++; errors.Is(err, net.ErrClosed) || failures > maxReadFailures {
				return
			}
			continue
		}
		failures = 0
		if n < 8 {
			continue
		}
		q := question{netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port()), binary.BigEndian.Uint32(buf[4:])}
		s.mu.Lock()
		if ch := s.waiting[q]; ch != nil {
			delete(s.waiting, q)
			ch <- append([]byte(nil), buf[:n]...)
		}
		s.mu.Unlock()
	}
}

// exchange sends a packet until an answer comes: again after wait, then twice as long, and so on
// (BEP 15) until ctx ends. The answer is the action wanted, or an error.
func (s *udpSocket) exchange(ctx context.Context, wait time.Duration, tracker netip.AddrPort, want announce.Action, build func(transaction uint32) []byte) (announce.UDPReply, error) {
	q, answer := s.ask(tracker)
	defer s.forget(q)
	packet := build(q.transaction)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return announce.UDPReply{}, cause(ctx, ctx.Err())
		case <-timer.C:
			if _, err := s.conn.WriteToUDPAddrPort(packet, tracker); err != nil {
				return announce.UDPReply{}, err
			}
			timer.Reset(wait)
			wait *= 2
		case packet := <-answer:
			return understand(packet, tracker, want)
		}
	}
}

func understand(packet []byte, tracker netip.AddrPort, want announce.Action) (announce.UDPReply, error) {
	reply, err := announce.ParseUDPReply(packet, tracker.Addr().Is6())
	switch {
	case err != nil:
		return reply, err
	case reply.Action == announce.ActionError:
		return reply, &announce.Failure{Reason: reply.Message}
	case reply.Action != want:
		return reply, fmt.Errorf("%w: action %d for an answer to %d", announce.ErrMalformed, reply.Action, want)
	}
	return reply, nil
}

// ask registers a question with a random transaction.
func (s *udpSocket) ask(tracker netip.AddrPort) (question, <-chan []byte) {
	answer := make(chan []byte, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var b [4]byte
		rand.Read(b[:])
		q := question{tracker, binary.BigEndian.Uint32(b[:])}
		if s.waiting[q] == nil {
			s.waiting[q] = answer
			return q, answer
		}
	}
}

func (s *udpSocket) forget(q question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, q)
}

// idCache keeps connection IDs for a minute.
type idCache struct {
	mu  sync.Mutex
	ids map[netip.AddrPort]connectionID
}

type connectionID struct {
	id    uint64
	asked time.Time
}

func (c *idCache) get(tracker netip.AddrPort, now time.Time) (uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.ids[tracker]
	return known.id, ok && now.Sub(known.asked) < idLifetime
}

func (c *idCache) put(tracker netip.AddrPort, id uint64, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ids == nil {
		c.ids = map[netip.AddrPort]connectionID{}
	}
	c.ids[tracker] = connectionID{id, asked}
	if len(c.ids) > maxIDs {
		delete(c.ids, c.oldest())
	}
}

func (c *idCache) oldest() (tracker netip.AddrPort) {
	var asked time.Time
	for t, known := range c.ids {
		if asked.IsZero() || known.asked.Before(asked) {
			tracker, asked = t, known.asked
		}
	}
	return tracker
}

func (c *idCache) forget(tracker netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.ids, tracker)
}
