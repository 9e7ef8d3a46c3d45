package disk

import (
	"container/list"
	"errors"
	"io/fs"
	"os"
)

// handle is an open descriptor. Its fields but file are guarded by Store.mu.
type handle struct {
	file     file
	index    int
	writable bool
	users    int
	stale    bool // left the cache: its last user closes it
	place    *list.Element
}

// acquire returns an open descriptor of entry i, for writing if write is set; then the file is
// created where it is missing. Each must be released.
func (s *Store) acquire(i int, write bool) (*handle, error) {
	if h, err := s.cached(i, write); h != nil || err != nil {
		return h, err
	}
	h, idle, err := s.openShared(i, write)
	for _, old := range idle {
		s.retire(old)
	}
	return h, err
}

// cached returns the descriptor that is open already, or nil.
func (s *Store) cached(i int, write bool) (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.files[i]
	if s.closed {
		return nil, ErrClosed
	}
	if e.blocked != nil {
		return nil, e.blocked
	}
	h := e.handle
	if h == nil || write && !h.writable {
		return nil, nil
	}
	h.users++
	s.recent.MoveToFront(h.place)
	return h, nil
}

// openShared opens entry i unless another caller was faster. It also returns descriptors that had
// to leave the cache for it.
func (s *Store) openShared(i int, write bool) (*handle, []*handle, error) {
	e := &s.files[i]
	e.opening.Lock()
	defer e.opening.Unlock()
	if h, err := s.cached(i, write); h != nil || err != nil {
		return h, nil, err
	}
	f, err := s.openFile(i, write)
	if err != nil {
		return nil, nil, err
	}
	h := &handle{file: f, index: i, writable: write, users: 1}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		h.users, h.stale = 0, true
		return nil, []*handle{h}, ErrClosed
	}
	var idle []*handle
	if e.handle != nil {
		idle = s.detach(idle, e.handle)
	}
	h.place, e.handle = s.recent.PushFront(h), h
	return h, s.trim(idle), nil
}

// trim takes idle descriptors out of the cache until it keeps its bound: clean ones first, because
// a dirty one costs an fsync (closed without, its error might be reported to nobody).
func (s *Store) trim(idle []*handle) []*handle {
	for _, allowDirty := range []bool{false, true} {
		for at := s.recent.Back(); at != nil && s.recent.Len() > s.maxOpen; {
			h := at.Value.(*handle)
			at = at.Prev()
			if h.users == 0 && (allowDirty || !s.dirty[h.index]) {
				idle = s.detach(idle, h)
			}
		}
	}
	return idle
}

// detach takes h out of the cache and appends it to idle if nobody uses it.
func (s *Store) detach(idle []*handle, h *handle) []*handle {
	s.recent.Remove(h.place)
	s.files[h.index].handle, h.stale = nil, true
	if h.users == 0 {
		idle = append(idle, h)
	}
	return idle
}

func (s *Store) detachAll() []*handle {
	var idle []*handle
	for s.recent.Len() > 0 {
		idle = s.detach(idle, s.recent.Front().Value.(*handle))
	}
	return idle
}

// release ends the use of h.
func (s *Store) release(h *handle) {
	s.mu.Lock()
	h.users--
	last := h.stale && h.users == 0
	s.mu.Unlock()
	if last {
		s.retire(h)
	}
}

// retire closes a descriptor that left the cache, after an fsync if bytes were written through it
// that none covers yet. An error shows at the next Sync or write.
func (s *Store) retire(h *handle) {
	if h.writable {
		s.flush(h)
	}
	if err := h.file.close(); err != nil && h.writable {
		s.lose(s.files[h.index].path, cause(err))
	}
}

// openFile opens the file of entry i, or creates it if we never saw one: a file that vanished has
// taken its good pieces along, and is missing. The opening lock of i is held.
func (s *Store) openFile(i int, write bool) (file, error) {
	e := &s.files[i]
	_, err := inspect(e.base, e.path, nil)
	if write && !s.exists(i) && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		return s.create(i)
	}
	if err != nil {
		return nil, missing(err)
	}
	flag := os.O_RDONLY
	if write {
		flag = os.O_RDWR
	}
	f, err := e.base.open(e.path, flag, 0)
	if err != nil {
		return nil, missing(err)
	}
	return f, nil
}

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	return err
}
