package disk

import (
	"errors"
	"os"
	"time"
)

// FileStamp is what a file looked like. Another size or time means that it was changed.
type FileStamp struct {
	Path    string    `json:"path"`
	Size    int64     `json:"size"` // bytes; -1: the file is not there
	ModTime time.Time `json:"mtime,omitzero"`
}

// Same reports whether nothing changed between two looks.
func (f FileStamp) Same(g FileStamp) bool {
	return f.Path == g.Path && f.Size == g.Size && f.ModTime.Equal(g.ModTime)
}

// look fills in what is on disk for every entry: at Open and Rescan.
func (s *Store) look() {
	known := map[string]bool{}
	for i := range s.files {
		e := &s.files[i]
		if e.skip {
			e.stamp = FileStamp{Path: e.path, Size: -1}
			continue
		}
		stamp, err := s.lookAt(e, known)
		s.mu.Lock()
		e.stamp, e.stampedAt = stamp, e.changes
		e.exists, e.blocked = stamp.Size >= 0, err
		s.mu.Unlock()
		if i+1 == s.part() {
			clear(known) // the part file lies in another folder
		}
	}
}

// lookAt returns the stamp of one entry, and why it cannot be used.
func (s *Store) lookAt(e *entry, known map[string]bool) (FileStamp, error) {
	info, err := inspect(e.base, e.path, known)
	switch {
	case err == nil:
		return FileStamp{Path: e.path, Size: info.Size(), ModTime: info.ModTime()}, nil
	case errors.Is(err, os.ErrNotExist):
		return FileStamp{Path: e.path, Size: -1}, nil
	}
	return FileStamp{Path: e.path, Size: -1}, cause(err)
}

// Stamps returns the stamp of every file, in the order of the layout: for files that were written
// since the last call a fresh one, for others the one first seen, so that a change by somebody
// else shows when the record is compared.
func (s *Store) Stamps() []FileStamp {
	out := make([]FileStamp, s.part())
	for i := range out {
		out[i] = s.stampOf(i)
	}
	return out
}

func (s *Store) stampOf(i int) FileStamp {
	s.mu.Lock()
	e := &s.files[i]
	stamp, changes, stale := e.stamp, e.changes, e.stampedAt != e.changes
	s.mu.Unlock()
	if !stale {
		return stamp
	}
	fresh, err := s.lookAt(e, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		e.stamp, e.stampedAt = fresh, changes
	}
	return fresh
}

// Changed returns the files that somebody else has changed, replaced or removed since they were
// last stamped. Files that are being written by this Store are left out.
func (s *Store) Changed() []int {
	var changed []int
	known := map[string]bool{}
	for i := range s.part() {
		s.mu.Lock()
		e := &s.files[i]
		stamp, changes, stale := e.stamp, e.changes, e.stampedAt != e.changes
		s.mu.Unlock()
		if e.skip || stale {
			continue
		}
		now, err := s.lookAt(e, known)
		s.mu.Lock()
		quiet := e.changes == changes
		s.mu.Unlock()
		if quiet && (err != nil || !now.Same(stamp)) {
			changed = append(changed, i)
		}
	}
	return changed
}

// Rescan looks at all files anew, as a recheck does: files that were replaced are opened again,
// files that appeared are seen. A file that appeared is not ours. Writes must rest meanwhile.
func (s *Store) Rescan() error {
	if err := s.Sync(); err != nil {
		return err
	}
	was := make([]bool, len(s.files))
	s.mu.Lock()
	idle := s.detachAll()
	for i := range s.files {
		was[i] = s.files[i].exists
	}
	s.mu.Unlock()
	for _, h := range idle {
		s.retire(h)
	}
	s.look()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.part() {
		e := &s.files[i]
		e.guarded = e.exists && (e.guarded || !was[i])
	}
	return nil
}
