package disk

import (
	"maps"
	"path"
	"slices"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// noteWrite counts a write that returned, so that the next Sync covers it; written says that it
// changed the file. The names above a file count as new at its first write: whoever created them
// may have died before syncing them.
func (s *Store) noteWrite(i int, written bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.files[i]
	e.writes++
	if written {
		e.changes++
	}
	s.dirty[i] = true
	if i == s.part() || s.readOnly {
		return // the part file's folder is synced with it; what we only read has its name already
	}
	for dir := path.Dir(e.path); ; dir = path.Dir(dir) {
		if !s.synced[dir] {
			s.folders[dir] = true
		}
		if dir == "." {
			return
		}
	}
}

// noteFolder counts a change of a folder's entries.
func (s *Store) noteFolder(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.synced, dir)
	s.folders[dir] = true
}

// notePieces counts pieces whose bytes no Sync covers.
func (s *Store) notePieces(off int64, n int) {
	if n == 0 {
		return
	}
	length := int64(s.layout.PieceLength())
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := off / length; p <= (off+int64(n)-1)/length; p++ {
		s.pending.Add(int(p))
	}
}

// noteGood counts a piece that a check found good: its bytes may have been written by a process
// that died before it could sync them.
func (s *Store) noteGood(p layout.PieceIndex) {
	var room [8]layout.Extent
	for _, x := range s.layout.Extents(room[:0], p, 0, s.layout.Length(p)) {
		switch {
		case s.layout.Files()[x.File].Pad:
		case s.exists(x.File):
			s.noteWrite(x.File, false)
		default:
			s.noteWrite(s.part(), false)
		}
	}
	s.notePieces(s.layout.Start(p), s.layout.Length(p))
}

// Sync makes durable all that was written, and all pieces that a check found good, before it was
// called; writes may go on meanwhile. After an error, a *SyncError, the Store takes no more writes
// and every later Sync fails.
func (s *Store) Sync() error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	s.mu.Lock()
	if s.lost != nil || s.closed {
		defer s.mu.Unlock()
		if s.lost != nil {
			return s.lost
		}
		return ErrClosed
	}
	files := slices.Sorted(maps.Keys(s.dirty))
	folders := slices.Sorted(maps.Keys(s.folders))
	s.covered, s.pending = s.pending, bitset.New(s.layout.Pieces())
	clear(s.folders)
	s.mu.Unlock()

	if at, err := s.syncAll(files, folders); err != nil {
		return s.lose(at, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == nil {
		s.covered = nil
	}
	return s.lost // a descriptor that left the cache meanwhile may have lost what it had
}

// syncAll syncs files, then folders, and says where it failed.
func (s *Store) syncAll(files []int, folders []string) (at string, err error) {
	for _, i := range files {
		if err := s.syncFile(i); err != nil {
			return s.files[i].path, err
		}
	}
	for _, dir := range folders {
		if err := s.base.sync(dir); err != nil {
			return dir, cause(err)
		}
		s.mu.Lock()
		if !s.folders[dir] {
			s.synced[dir] = true
		}
		s.mu.Unlock()
	}
	return "", nil
}

// syncFile opens the file of entry i again if it must, and flushes it.
func (s *Store) syncFile(i int) error {
	s.mu.Lock()
	write := syncNeedsWrite && s.files[i].changes > 0
	s.mu.Unlock()
	h, err := s.acquire(i, write)
	if err != nil {
		return cause(err)
	}
	defer s.release(h)
	if err := s.flush(h); err != nil {
		return err
	}
	if i == s.part() {
		return cause(s.partBase.sync("."))
	}
	return nil
}

// flush makes the writes through h durable that returned before, if no fsync covers them.
func (s *Store) flush(h *handle) error {
	e := &s.files[h.index]
	e.syncing.Lock()
	defer e.syncing.Unlock()
	s.mu.Lock()
	upTo, clean, written := e.writes, e.writes == e.flushed, e.changes > 0
	s.mu.Unlock()
	if clean {
		return nil
	}
	if written || !syncNeedsWrite {
		err := h.file.sync()
		if err != nil && (written || !cannotSync(err)) {
			return s.lose(e.path, cause(err))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.flushed = max(e.flushed, upTo)
	if e.flushed == e.writes {
		delete(s.dirty, h.index)
	}
	return nil
}

// lose makes the Store fail from now on, and returns the first error that did so.
func (s *Store) lose(at string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == nil {
		s.lost = &SyncError{Path: at, Lost: s.uncovered(), Err: err}
		s.open = false
	}
	return s.lost
}

// unsynced returns the pieces that the last good Sync does not cover.
func (s *Store) unsynced() *bitset.Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uncovered()
}

func (s *Store) uncovered() *bitset.Set {
	all := s.pending.Clone()
	if s.covered != nil {
		for p := s.covered.Next(0); p >= 0; p = s.covered.Next(p + 1) {
			all.Add(p)
		}
	}
	return all
}

// rest closes the gate again: the next write runs BeforeWrite. It reports false, and leaves the
// gate open, if a write is going on, or there are bytes that no Sync covers.
func (s *Store) rest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writers > 0 || s.pending.Count() > 0 || len(s.dirty) > 0 {
		return false
	}
	s.open = false
	return true
}
