package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"groove/torrent/layout"
)

// WriteAt writes buf at off in the torrent's bytes: one write per file that it touches, which is
// created where it is missing. Padding is never written, and must be zeros. Errors are a
// *FileError, ErrRange, or those of BeforeWrite; bytes before the failed file may be written.
// Nothing is durable before Sync.
func (s *Store) WriteAt(buf []byte, off int64) error {
	if off < 0 || off > s.layout.Total()-int64(len(buf)) {
		return ErrRange
	}
	if err := s.begin(); err != nil {
		return err
	}
	err := s.write(buf, off)
	s.notePieces(off, len(buf))
	if lost := s.end(); err == nil {
		err = lost
	}
	return err
}

// write is WriteAt behind the gate.
func (s *Store) write(buf []byte, off int64) error {
	var room [8]layout.Extent
	extents := s.extents(room[:0], off, len(buf))
	if err := s.checkPadding(extents, buf); err != nil {
		return err
	}
	for _, x := range extents {
		b := buf[:x.Length]
		buf = buf[x.Length:]
		if s.layout.Files()[x.File].Pad {
			continue
		}
		if err := s.writeExtent(x, b); err != nil {
			return s.fileError("write", x, err)
		}
	}
	return nil
}

// begin makes sure that BeforeWrite has run. Unless it fails, end must be called.
func (s *Store) begin() error {
	if s.readOnly {
		return fmt.Errorf("write below %q: %w", s.dir, ErrReadOnly)
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.Lock()
	closed, lost, open := s.closed, s.lost, s.open
	if open {
		s.writers++
	}
	s.mu.Unlock()
	switch {
	case open:
		return nil
	case closed:
		return ErrClosed
	case lost != nil:
		return lost
	}
	if err := s.beforeWrite(s); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = true
	s.writers++
	return nil
}

// end says that a writer is done, after what it wrote was noted. It returns the error of a sync
// that failed meanwhile: the write may be lost as well.
func (s *Store) end() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writers--
	return s.lost
}

// checkPadding refuses padding that is not zeros: read back, it would not be what was hashed.
func (s *Store) checkPadding(extents []layout.Extent, buf []byte) error {
	for _, x := range extents {
		b := buf[:x.Length]
		buf = buf[x.Length:]
		if s.layout.Files()[x.File].Pad && !allZero(b) {
			return s.fileError("write", x, ErrPadding)
		}
	}
	return nil
}

func allZero(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if !bytes.Equal(b[:n], zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// writeExtent writes a run to its file, or to the part file if the file is neither wanted nor there.
func (s *Store) writeExtent(x layout.Extent, b []byte) error {
	s.mu.Lock()
	e := &s.files[x.File]
	direct, guarded := e.wanted || e.exists || e.blocked != nil, e.guarded
	s.mu.Unlock()
	switch {
	case guarded:
		return s.compare(x, b)
	case direct:
		err := s.pwrite(x.File, b, x.Offset)
		if errors.Is(err, ErrForeign) { // it appeared since we looked
			return s.compare(x, b)
		}
		return err
	}
	err := s.eachPart(x, b, func(b []byte, off int64) error { return s.pwrite(s.part(), b, off) })
	if errors.Is(err, ErrMissing) {
		return ErrUnwanted
	}
	return err
}

// compare stands in for a write to a file that is not ours: fine if it changes nothing.
func (s *Store) compare(x layout.Extent, b []byte) error {
	have := make([]byte, min(len(b), chunkSize))
	for at := x.Offset; len(b) > 0; {
		n := min(len(b), len(have))
		err := s.pread(x.File, have[:n], at)
		if err != nil && !errors.Is(err, ErrShort) {
			return err
		}
		if err != nil || !bytes.Equal(have[:n], b[:n]) {
			return ErrForeign
		}
		b, at = b[n:], at+int64(n)
	}
	s.noteWrite(x.File, false)
	return nil
}

// pwrite writes all of b to entry i.
func (s *Store) pwrite(i int, b []byte, off int64) error {
	h, err := s.acquire(i, true)
	if err != nil {
		return err
	}
	defer s.release(h)
	_, err = h.file.writeAt(b, off)
	s.noteWrite(i, true)
	return cause(err)
}

// create makes the file of entry i, and the folders that it lies in. Its opening lock is held. The
// file must be new: one that appeared since we looked is a stranger's, or another file of the
// torrent on a system that takes the two names for one.
func (s *Store) create(i int) (file, error) {
	e := &s.files[i]
	if err := s.mkdirs(e); err != nil {
		return nil, err
	}
	f, err := e.base.open(e.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		s.mu.Lock()
		e.exists, e.guarded = true, true
		s.mu.Unlock()
		return nil, ErrForeign
	}
	if err != nil {
		return nil, fmt.Errorf("create it: %w", cause(err))
	}
	if i != s.part() {
		if err := s.adopt(i, f); err != nil {
			f.close()
			e.base.remove(e.path)
			return nil, fmt.Errorf("take its bytes from the part file: %w", cause(err))
		}
	}
	s.mu.Lock()
	e.exists = true
	s.mu.Unlock()
	s.log.Debug("created file", "path", e.path)
	return f, nil
}

// mkdirs makes the missing folders above an entry.
func (s *Store) mkdirs(e *entry) error {
	for i := range len(e.path) {
		if e.path[i] != '/' {
			continue
		}
		dir := e.path[:i]
		err := e.base.mkdir(dir)
		if err == nil {
			s.noteFolder(path.Dir(dir))
			continue
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make folder %q: %w", dir, cause(err))
		}
	}
	return nil
}
