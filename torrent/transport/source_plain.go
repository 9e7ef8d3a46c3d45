package transport

import "net"

// plain is the source of every connection that is no socket of the system's own, and of all
// connections where the system has no readv.
type plain struct{ conn net.Conn }

func (s plain) read(a, b []byte) (int, error) {
	if len(a) == 0 {
		a = b
	}
	return s.conn.Read(a)
}

func (s plain) readIdle(lend func() []byte, reclaim func()) (int, error) {
	n, err := s.conn.Read(lend())
	if n == 0 {
		reclaim()
		return 0, err
	}
	return n, nil // an error comes again at the next read
}
