package torrent_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/wire"
)

// stranger is a peer that is written by hand, so that it can say what no honest one says.
type stranger struct {
	t     testing.TB
	conn  net.Conn
	heard chan wire.Message // closed when the connection ends
}

// meet connects to a session as a stranger; the error says that no handshake came about.
func meet(t testing.TB, at netip.AddrPort, name infohash.Short) (*stranger, error) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", at.String(), 10*time.Second)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	ours := wire.Handshake{InfoHash: name, PeerID: [20]byte{'s', byte(conn.LocalAddr().(*net.TCPAddr).Port), 1}}
	if _, err := conn.Write(wire.AppendHandshake(nil, ours.With(wire.FlagFast, wire.FlagExtended))); err != nil {
		return nil, err
	}
	return welcome(t, conn)
}

// mustMeet is meet where the session has to take the stranger.
func mustMeet(t testing.TB, s *torrent.Session, m *metainfo.Metainfo) *stranger {
	t.Helper()
	who, err := meet(t, s.Addrs()[0], m.Info.ID.Shorts()[0])
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// welcome reads the other side's handshake, and from then on its messages.
func welcome(t testing.TB, conn net.Conn) (*stranger, error) {
	var theirs [wire.HandshakeSize]byte
	if _, err := io.ReadFull(conn, theirs[:]); err != nil {
		return nil, err
	}
	if _, err := wire.ParseHandshake(theirs[:]); err != nil {
		return nil, err
	}
	s := &stranger{t: t, conn: conn, heard: make(chan wire.Message, 1024)}
	done := t.Context().Done()
	go func() {
		defer close(s.heard)
		for {
			m, err := readMessage(conn)
			if err != nil {
				return
			}
			select {
			case s.heard <- m:
			case <-done:
				return
			}
		}
	}()
	return s, nil
}

func readMessage(r io.Reader) (wire.Message, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return wire.Message{}, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > 1<<20 {
		return wire.Message{}, errors.New("a message of more than a mebibyte")
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(r, frame); err != nil {
		return wire.Message{}, err
	}
	return wire.Decode(frame)
}

// say sends messages; that the other side has hung up is no error here.
func (s *stranger) say(list ...wire.Message) {
	var b []byte
	for _, m := range list {
		b = wire.Append(b, m)
	}
	s.conn.Write(b)
}

// introduce sends an extension handshake.
func (s *stranger) introduce(h wire.ExtHandshake) {
	s.say(wire.Message{Kind: wire.Extended, Payload: wire.AppendExtHandshake(nil, h)})
}

// until waits for a message that is like that; false if the connection ended or it took too long.
func (s *stranger) until(like func(wire.Message) bool) (wire.Message, bool) {
	late := time.After(20 * time.Second)
	for {
		select {
		case m, open := <-s.heard:
			if !open {
				return m, false
			}
			if like(m) {
				return m, true
			}
		case <-late:
			return wire.Message{}, false
		}
	}
}

func isKind(k wire.Kind) func(wire.Message) bool {
	return func(m wire.Message) bool { return m.Kind == k }
}

// ask requests the first block of a piece.
func ask(l *layout.Layout, p layout.PieceIndex) wire.Message {
	return wire.Message{Kind: wire.Request, Piece: uint32(p), Length: uint32(min(layout.BlockSize, l.Length(p)))}
}

// content returns all bytes of a torrent whose files lie below dir.
func content(t testing.TB, dir string, m *metainfo.Metainfo) []byte {
	t.Helper()
	var all []byte
	for _, f := range m.Info.Layout.Files() {
		if f.Pad {
			all = append(all, make([]byte, f.Length)...)
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

// shelf is a storage in memory that can be told to misbehave.
type shelf struct {
	mu    sync.Mutex
	data  []byte
	gate  chan struct{}                // if set, reads wait until it is closed
	spoil func(p []byte, off int64)    // changes what is read
	fail  func(off int64, n int) error // of writes
}

func (s *shelf) ReadAt(p []byte, off int64) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	copy(p, s.data[off:])
	if s.spoil != nil {
		s.spoil(p, off)
	}
	return nil
}

func (s *shelf) WriteAt(p []byte, off int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(off, len(p)); err != nil {
			return err
		}
	}
	copy(s.data[off:], p)
	return nil
}

func (s *shelf) Sync() error  { return nil }
func (s *shelf) Close() error { return nil }

// on has a torrent kept by s.
func on(s *shelf) func(*metainfo.Info) (torrent.Storage, error) {
	return func(info *metainfo.Info) (torrent.Storage, error) {
		if s.data == nil {
			s.data = make([]byte, info.Layout.Total())
		}
		return s, nil
	}
}

// introduceAsGetter says that we have nothing and want something, and waits until we may ask.
func (s *stranger) introduceAsGetter() {
	s.say(wire.Message{Kind: wire.HaveNone}, wire.Message{Kind: wire.Interested})
	s.until(isKind(wire.Unchoke))
}

func isPiece(m wire.Message) bool { return m.Kind == wire.Piece }
