// Package disk keeps the files of torrents: it reads, writes, verifies and remembers them.
//
// It knows where bytes lie below one folder, how to hash pieces, and what survives a crash. It
// refuses to know peers, requests and which piece is wanted next. Package torrent calls it, with
// cleaned paths from metainfo. Offsets and lengths are bytes of the torrent, padding included; all
// types are safe for concurrent use, but for a Hasher. Start reading at Store, then at Slot.
package disk

import (
	"container/list"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// Options say what a Store is opened for.
type Options struct {
	Dir    string // folder that contains the torrent's NAME; made if missing, unless ReadOnly
	Layout *layout.Layout

	// ReadOnly stores never change anything on disk.
	ReadOnly bool

	// Record is what Slot.Load returned; nil: none. It says which of the files that are there were
	// given us to write. Writing other bytes than they have to the others is refused (ErrForeign).
	Record *Record

	// BeforeWrite is called once, before the Store first changes anything on disk, and again after
	// a clean checkpoint. It must make a record durable that says so: see Slot.Intent. Nothing is
	// changed while it fails. It may be nil only if ReadOnly.
	BeforeWrite func(*Store) error

	// Skip reports files that are never created or opened: symlink entries. Nil: none.
	Skip func(file int) bool

	// Wanted reports the files that are to be created. Nil: all. SetWanted changes it later.
	Wanted func(file int) bool

	// PartFile is the path of a file for bytes of unwanted files that share pieces with wanted
	// ones; its folder must exist. "": such bytes cannot be written.
	PartFile string

	MaxOpen int          // descriptors kept open; 0: DefaultMaxOpen
	Logger  *slog.Logger // nil: silent

	mount mounter // nil: mountRoot; tests inject faults here
}

// Store is the files of one torrent below one folder. Reads may come from many goroutines, writes
// from a few; no lock is held while another file is read or written. Bytes are not durable before
// Sync. After a failed Sync the Store only reads: see SyncError.
type Store struct {
	layout   *layout.Layout
	dir      string
	base     folder
	partBase folder // nil: no part file
	readOnly bool
	maxOpen  int
	log      *slog.Logger
	shared   []layout.PieceIndex // pieces with bytes of two files, ascending: the slots of the part file

	gate        sync.Mutex // held while beforeWrite runs, since every writer has to wait for it
	beforeWrite func(*Store) error
	syncing     sync.Mutex // one Sync at a time

	mu      sync.Mutex // guards all below and the fields of entries that say so; never held across I/O
	files   []entry    // one per file of the layout, then the part file
	recent  list.List  // *handle, most recently used first
	open    bool       // beforeWrite has run, and writes are welcome
	writers int        // calls that passed the gate
	closed  bool
	lost    error           // sticky: a Sync failed
	pending *bitset.Set     // pieces whose bytes came since the last Sync began
	covered *bitset.Set     // pieces that a running or failed Sync should make durable, or nil
	dirty   map[int]bool    // entries with writes that no fsync covers
	folders map[string]bool // folders of base whose entries no fsync covers
	synced  map[string]bool // folders that were synced since their last change by us
}

// entry is what the Store knows of one file.
type entry struct {
	base    folder
	path    string
	skip    bool       // never touched: padding, a symlink, a part file that nobody asked for
	opening sync.Mutex // held while this file is opened or created
	syncing sync.Mutex // held while this file is synced

	// Guarded by Store.mu.
	handle    *handle
	blocked   error // why the path cannot be used at all
	exists    bool
	guarded   bool // exists, and is not ours
	wanted    bool
	stamp     FileStamp
	changes   uint64 // by this Store
	stampedAt uint64 // changes that stamp covers
	writes    uint64 // changes, and finds of good pieces
	flushed   uint64 // writes that an fsync covers
}

// Open looks at the files below o.Dir. Nothing is created but o.Dir itself. A file that is in the
// way (a symlink, a folder, a device) fails only when it is used: see Blocked.
func Open(o Options) (*Store, error) {
	if err := checkPaths(o.Layout); err != nil {
		return nil, err
	}
	if o.BeforeWrite == nil && !o.ReadOnly {
		return nil, fmt.Errorf("open %q for writing: BeforeWrite is not set", o.Dir)
	}
	s := &Store{
		layout: o.Layout, dir: o.Dir, readOnly: o.ReadOnly, beforeWrite: o.BeforeWrite,
		maxOpen: o.MaxOpen, log: o.Logger, shared: sharedPieces(o.Layout),
		files:   make([]entry, len(o.Layout.Files())+1),
		pending: bitset.New(o.Layout.Pieces()),
		dirty:   map[int]bool{}, folders: map[string]bool{}, synced: map[string]bool{},
	}
	if s.maxOpen <= 0 {
		s.maxOpen = DefaultMaxOpen
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.mount(o); err != nil {
		return nil, err
	}
	s.fill(o)
	return s, nil
}

// mount opens the folder of the files and that of the part file.
func (s *Store) mount(o Options) error {
	mount := o.mount
	if mount == nil {
		mount = mountRoot
	}
	var err error
	perm := fs.FileMode(0o777)
	if o.ReadOnly {
		perm = 0
	}
	if s.base, err = mount(o.Dir, perm); err != nil {
		return fmt.Errorf("open folder %q: %w", o.Dir, cause(err))
	}
	if o.PartFile == "" {
		return nil
	}
	if s.partBase, err = mount(filepath.Dir(o.PartFile), 0); err != nil {
		s.base.close()
		return fmt.Errorf("open folder of %q: %w", o.PartFile, cause(err))
	}
	return nil
}

// fill describes each file as it is found.
func (s *Store) fill(o Options) {
	for i, f := range o.Layout.Files() {
		e := &s.files[i]
		e.base, e.path = s.base, f.Path
		e.skip = f.Pad || o.Skip != nil && o.Skip(i)
		e.wanted = !e.skip && (o.Wanted == nil || o.Wanted(i))
	}
	part := &s.files[s.part()]
	part.base, part.path, part.skip = s.partBase, filepath.Base(o.PartFile), s.partBase == nil
	s.look()
	ours := o.Record.ours(s.Stamps(), s.layout)
	for i := range s.layout.Files() {
		e := &s.files[i]
		e.guarded = e.exists && !ours[i]
	}
}

// part returns the index of the part file's entry.
func (s *Store) part() int { return len(s.files) - 1 }

// Close closes all descriptors; those in use by a running call are closed at its end. It does not
// Sync: what was written since the last Sync may be lost.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed, s.open = true, false
	idle := s.detachAll()
	s.mu.Unlock()
	var first error
	for _, h := range idle {
		if err := h.file.close(); err != nil && first == nil {
			first = &FileError{Op: "close", Piece: -1, Path: s.files[h.index].path, Err: cause(err)}
		}
	}
	s.base.close()
	if s.partBase != nil {
		s.partBase.close()
	}
	return first
}
