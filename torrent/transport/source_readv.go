//go:build linux || darwin

package transport

import (
	"errors"
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// vectored reads from a socket into two places with one call.
type vectored struct {
	raw     syscall.RawConn
	places  [2][]byte
	n       int
	err     error
	lend    func() []byte
	reclaim func()

	// The callbacks of raw, bound once so that a read allocates nothing. They report false to be
	// called again when bytes are there.
	try, tryIdle func(fd uintptr) bool
}

func newSource(conn net.Conn) source {
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			s := &vectored{raw: raw}
			s.try, s.tryIdle = s.tryRead, s.tryReadIdle
			return s
		}
	}
	return plain{conn}
}

func (s *vectored) read(a, b []byte) (int, error) {
	s.places = [2][]byte{a, b}
	err := s.raw.Read(s.try)
	s.places = [2][]byte{}
	return s.result(err)
}

func (s *vectored) readIdle(lend func() []byte, reclaim func()) (int, error) {
	s.lend, s.reclaim = lend, reclaim
	return s.result(s.raw.Read(s.tryIdle))
}

func (s *vectored) result(err error) (int, error) {
	switch {
	case err != nil:
		return 0, err
	case s.err != nil:
		return 0, s.err
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

func (s *vectored) tryRead(fd uintptr) bool {
	places := s.places[:]
	if len(places[1]) == 0 {
		places = places[:1]
	}
	for {
		s.n, s.err = unix.Readv(int(fd), places)
		if !errors.Is(s.err, unix.EINTR) {
			return !errors.Is(s.err, unix.EAGAIN)
		}
	}
}

func (s *vectored) tryReadIdle(fd uintptr) bool {
	s.places = [2][]byte{s.lend()}
	done := s.tryRead(fd)
	s.places = [2][]byte{}
	if !done || s.n <= 0 {
		s.reclaim()
	}
	return done
}
