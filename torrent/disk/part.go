package disk

import (
	"errors"
	"slices"

	"groove/torrent/layout"
)

// The part file has a slot of one piece length for each piece that holds bytes of at least two
// files, in order. Where a slot lies follows from the layout alone, so the file needs no table,
// and a changed selection finds its bytes again.

// sharedPieces returns the pieces in which bytes of two files meet, ascending.
func sharedPieces(l *layout.Layout) []layout.PieceIndex {
	var shared []layout.PieceIndex
	last, seen := layout.PieceIndex(0), false // the last piece of the file before
	for i, f := range l.Files() {
		first, end := l.FilePieces(i)
		if f.Pad || first == end {
			continue
		}
		if seen && first == last && (len(shared) == 0 || shared[len(shared)-1] != first) {
			shared = append(shared, first)
		}
		last, seen = end-1, true
	}
	return shared
}

// eachPart calls do for each piece that the run touches, with its place in the part file.
// ErrMissing: there is no place for it.
func (s *Store) eachPart(x layout.Extent, b []byte, do func(b []byte, off int64) error) error {
	if s.partBase == nil {
		return ErrMissing
	}
	length := int64(s.layout.PieceLength())
	for at := s.layout.FileStart(x.File) + x.Offset; len(b) > 0; {
		begin := at % length
		n := min(int64(len(b)), length-begin)
		slot, ok := slices.BinarySearch(s.shared, layout.PieceIndex(at/length))
		if !ok {
			return ErrMissing
		}
		if err := do(b[:n], int64(slot)*length+begin); err != nil {
			return err
		}
		b, at = b[n:], at+n
	}
	return nil
}

// adopt copies what the part file has of file i into f, which was just created.
func (s *Store) adopt(i int, f file) error {
	if s.partBase == nil || !s.exists(s.part()) {
		return nil
	}
	first, end := s.layout.FilePieces(i)
	if first == end {
		return nil
	}
	if err := s.adoptPiece(i, first, f); err != nil || end-1 == first {
		return err
	}
	return s.adoptPiece(i, end-1, f)
}

// adoptPiece copies the bytes of file i in piece p.
func (s *Store) adoptPiece(i int, p layout.PieceIndex, f file) error {
	for _, x := range s.layout.Extents(nil, p, 0, s.layout.Length(p)) {
		if x.File != i {
			continue
		}
		b := make([]byte, x.Length)
		err := s.readExtent(x, b)
		if errors.Is(err, ErrMissing) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := f.writeAt(b, x.Offset); err != nil {
			return err
		}
	}
	return nil
}
