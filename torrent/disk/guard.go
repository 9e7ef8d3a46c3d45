package disk

import (
	"fmt"
	"slices"
	"strings"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// Existing returns the files that are there.
func (s *Store) Existing() []int { return s.where(func(e *entry) bool { return e.exists }) }

// Missing returns the wanted files that are not there.
func (s *Store) Missing() []int {
	return s.where(func(e *entry) bool { return e.wanted && !e.exists })
}

// Foreign returns the files that are there and were not given us to write.
func (s *Store) Foreign() []int { return s.where(func(e *entry) bool { return e.guarded }) }

func (s *Store) where(is func(*entry) bool) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []int
	for i := range s.part() {
		if e := &s.files[i]; !e.skip && is(e) {
			found = append(found, i)
		}
	}
	return found
}

// SetWanted says whether a file is to be created. One that exists stays where it is.
func (s *Store) SetWanted(i int, wanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[i].wanted = wanted && !s.files[i].skip
}

// Has reports whether all bytes of a piece could be there: each of its files exists, or the part
// file stands in for it. It costs no system call.
func (s *Store) Has(p layout.PieceIndex) bool {
	var room [8]layout.Extent
	for _, x := range s.layout.Extents(room[:0], p, 0, s.layout.Length(p)) {
		if s.layout.Files()[x.File].Pad || s.exists(x.File) {
			continue
		}
		if _, ok := slices.BinarySearch(s.shared, p); !ok || !s.exists(s.part()) {
			return false
		}
	}
	return true
}

// ConflictError names the files that were there before, are not ours, and would have to be changed.
// It matches ErrForeign.
type ConflictError struct{ Paths []string }

// Error lists at most three of the files.
func (e *ConflictError) Error() string {
	shown := e.Paths[:min(3, len(e.Paths))]
	var b strings.Builder
	for i, p := range shown {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", p)
	}
	if more := len(e.Paths) - len(shown); more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return "keep files that were there before: " + b.String() + " would be overwritten"
}

// Is matches ErrForeign.
func (e *ConflictError) Is(target error) bool { return target == ErrForeign }

// Admit decides whether the torrent may be completed here, after a check found states (one per
// piece). It returns a *ConflictError if a file that is not ours would be changed, or the error of
// a wanted file whose path is blocked. With overwrite every file is ours from now on.
//
// A piece that is bad because a neighbour's file is missing or unfinished proves nothing about the
// files that it shares: they stay guarded, and WriteAt refuses other bytes than they have.
func (s *Store) Admit(states []State, overwrite bool) error {
	if err := s.Blocked(); err != nil {
		return err
	}
	if overwrite {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range s.files {
			s.files[i].guarded = false
		}
		return nil
	}
	var conflict ConflictError
	for _, i := range s.Foreign() {
		if s.wouldChange(i, states) {
			conflict.Paths = append(conflict.Paths, s.layout.Files()[i].Path)
		}
	}
	if conflict.Paths != nil {
		return &conflict
	}
	return nil
}

// Blocked returns the error of the first wanted file whose path is taken by something else.
func (s *Store) Blocked() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.part() {
		if e := &s.files[i]; e.wanted && e.blocked != nil {
			return &FileError{Op: "open", Piece: -1, File: i, Path: e.path, Err: e.blocked}
		}
	}
	return nil
}

// wouldChange reports whether completing the torrent changes file i for certain.
func (s *Store) wouldChange(i int, states []State) bool {
	s.mu.Lock()
	wanted, size := s.files[i].wanted, s.files[i].stamp.Size
	s.mu.Unlock()
	if wanted && size != s.layout.Files()[i].Length {
		return true
	}
	first, end := s.layout.FilePieces(i)
	for p := first; p < end; p++ {
		if states[p] != Good && s.needed(p) && s.provesForeign(p) {
			return true
		}
	}
	return false
}

// needed reports whether a wanted file has bytes in p.
func (s *Store) needed(p layout.PieceIndex) bool {
	return s.anyIn(p, func(e *entry, _ layout.Extent) bool { return e.wanted })
}

// provesForeign reports whether that p is bad proves its files wrong: each was there before us and
// reaches as far as p needs it. A file of ours may have a hole there, after a crash.
func (s *Store) provesForeign(p layout.PieceIndex) bool {
	return !s.anyIn(p, func(e *entry, x layout.Extent) bool { return !e.guarded || e.stamp.Size < x.Offset+x.Length })
}

func (s *Store) anyIn(p layout.PieceIndex, is func(*entry, layout.Extent) bool) bool {
	extents := s.layout.Extents(nil, p, 0, s.layout.Length(p))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range extents {
		if !s.layout.Files()[x.File].Pad && is(&s.files[x.File], x) {
			return true
		}
	}
	return false
}

// Start creates the wanted files of which have, the pieces that are there, holds every piece: those
// without any byte, and those that the part file has. It shortens files of ours that are too long.
// Call it after Admit, before the first write of a download, and after SetWanted.
func (s *Store) Start(have *bitset.Set) error {
	for i, f := range s.layout.Files() {
		held := s.holds(have, i)
		s.mu.Lock()
		e := &s.files[i]
		todo := e.wanted && (held && !e.exists || e.stamp.Size > f.Length)
		guarded := e.guarded
		s.mu.Unlock()
		if !todo {
			continue
		}
		err := ErrForeign
		if !guarded {
			err = s.startFile(i, f.Length)
		}
		if err != nil {
			return &FileError{Op: "create", Piece: -1, File: i, Path: f.Path, Err: cause(err)}
		}
	}
	return nil
}

// holds reports whether every piece of file i is in the set.
func (s *Store) holds(have *bitset.Set, i int) bool {
	first, end := s.layout.FilePieces(i)
	for p := first; p < end; p++ {
		if !have.Has(int(p)) {
			return false
		}
	}
	return true
}

// startFile creates a file, or cuts it to its length.
func (s *Store) startFile(i int, length int64) error {
	if err := s.begin(); err != nil {
		return err
	}
	err := s.fit(i, length)
	if lost := s.end(); err == nil {
		err = lost
	}
	return err
}

func (s *Store) fit(i int, length int64) error {
	h, err := s.acquire(i, true)
	if err != nil {
		return err
	}
	defer s.release(h)
	defer s.noteWrite(i, true)
	info, err := h.file.stat()
	if err == nil && info.Size() > length {
		err = h.file.truncate(length)
	}
	return err
}
