package disk

import (
	"errors"
	"io"

	"groove/torrent/layout"
)

// ReadAt fills buf with the torrent's bytes from off, any length, across files; padding reads as
// zeros. On an error the content of buf is undefined. Errors are a *FileError, or ErrRange.
func (s *Store) ReadAt(buf []byte, off int64) error {
	if off < 0 || off > s.layout.Total()-int64(len(buf)) {
		return ErrRange
	}
	var room [8]layout.Extent
	for _, x := range s.extents(room[:0], off, len(buf)) {
		b := buf[:x.Length]
		buf = buf[x.Length:]
		if s.layout.Files()[x.File].Pad {
			clear(b)
			continue
		}
		if err := s.readExtent(x, b); err != nil {
			return s.fileError("read", x, err)
		}
	}
	return nil
}

// extents appends the runs of n bytes from off.
func (s *Store) extents(dst []layout.Extent, off int64, n int) []layout.Extent {
	length := int64(s.layout.PieceLength())
	return s.layout.Extents(dst, layout.PieceIndex(off/length), int(off%length), n)
}

// readExtent reads a run from its file, or from the part file while that holds its place.
func (s *Store) readExtent(x layout.Extent, b []byte) error {
	if s.exists(x.File) {
		return s.pread(x.File, b, x.Offset)
	}
	return s.eachPart(x, b, func(b []byte, off int64) error {
		err := s.pread(s.part(), b, off)
		if errors.Is(err, ErrShort) {
			return ErrMissing // nothing was written there yet
		}
		return err
	})
}

func (s *Store) exists(i int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[i].exists || s.files[i].blocked != nil
}

// pread reads all of b from entry i.
func (s *Store) pread(i int, b []byte, off int64) error {
	h, err := s.acquire(i, false)
	if err != nil {
		return err
	}
	defer s.release(h)
	n, err := h.file.readAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return ErrShort
	}
	return cause(err)
}

// fileError names the file and the piece in which the run begins.
func (s *Store) fileError(op string, x layout.Extent, err error) error {
	at := s.layout.FileStart(x.File) + x.Offset
	return &FileError{
		Op: op, Piece: int(at / int64(s.layout.PieceLength())),
		File: x.File, Path: s.layout.Files()[x.File].Path, Err: cause(err),
	}
}
