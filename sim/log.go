package sim

import (
	"fmt"
	"io"
	"strconv"

	"groove/internal/clock"
)

// eventLog writes down a run, a line an event; two runs are the same if their logs are.
type eventLog struct {
	to  io.Writer
	buf []byte
	err error
}

// message logs that a packet has arrived.
func (l *eventLog) message(at clock.Time, from, to uint32, p packet) {
	if l.to == nil {
		return
	}
	l.open(at)
	l.number(int64(from))
	l.buf = append(l.buf, '>')
	l.number(int64(to))
	l.buf = append(l.buf, ' ')
	if p.handshake {
		l.buf = append(l.buf, "handshake"...)
	} else {
		l.buf = append(l.buf, p.kind.String()...)
	}
	for _, x := range [...]uint32{p.piece, p.begin, p.length} {
		l.buf = append(l.buf, ' ')
		l.number(int64(x))
	}
	l.end()
}

// note logs that something happened to a node; a piece below 0 is left out.
func (l *eventLog) note(at clock.Time, node uint32, what string, piece int) {
	if l.to == nil {
		return
	}
	l.open(at)
	l.number(int64(node))
	l.buf = append(l.buf, ' ')
	l.buf = append(l.buf, what...)
	if piece >= 0 {
		l.buf = append(l.buf, ' ')
		l.number(int64(piece))
	}
	l.end()
}

func (l *eventLog) open(at clock.Time) {
	l.number(int64(at))
	l.buf = append(l.buf, ' ')
}

func (l *eventLog) number(n int64) { l.buf = strconv.AppendInt(l.buf, n, 10) }

func (l *eventLog) end() {
	l.buf = append(l.buf, '\n')
	if len(l.buf) >= 1<<16 {
		l.write()
	}
}

func (l *eventLog) write() {
	if l.err == nil && len(l.buf) > 0 {
		_, l.err = l.to.Write(l.buf)
	}
	l.buf = l.buf[:0]
}

func (l *eventLog) flush() error {
	if l.to != nil {
		l.write()
	}
	if l.err != nil {
		return fmt.Errorf("write event log: %w", l.err)
	}
	return nil
}
