package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"groove/internal/bitset"
	"groove/torrent/infohash"
)

// Slot is the place of one torrent's record, locked for this process. Records are written by
// Intent, before the first change on disk, and by Checkpoint, after a Sync: no other way claims a
// piece. Safe for concurrent use.
type Slot struct {
	folder folder
	state  string // the folder's path
	key    string
	id     infohash.ID
	dir    string
	lock   *os.File

	mu         sync.Mutex // held while the record is read or written
	generation uint64     // of the record on disk
}

// Acquire locks the record of a torrent in the folder dir that contains it, below the state
// folder, which is made if missing. owner says who we are ("groove get"); another process that
// holds it is named in the error, which wraps ErrLocked.
func Acquire(state string, id infohash.ID, dir, owner string) (*Slot, error) {
	return acquireSlot(mountRoot, state, id, dir, owner)
}

func acquireSlot(mount mounter, state string, id infohash.ID, dir, owner string) (*Slot, error) {
	real, err := realPath(dir)
	if err != nil {
		return nil, fmt.Errorf("find folder %q: %w", dir, cause(err))
	}
	s := &Slot{state: state, key: key(id, real), id: id, dir: real}
	if s.folder, err = mount(state, 0o700); err != nil {
		return nil, fmt.Errorf("open state folder %q: %w", state, cause(err))
	}
	if s.lock, err = lockFile(filepath.Join(state, s.key+".lock"), owner); err != nil {
		s.folder.close()
		return nil, fmt.Errorf("open torrent in %q: %w", dir, err)
	}
	return s, nil
}

// key names a torrent in a folder: the full ID and the absolute path.
func key(id infohash.ID, dir string) string {
	sum := sha256.Sum256([]byte(id.String() + "\x00" + dir))
	return hex.EncodeToString(sum[:16])
}

// realPath returns the absolute path of dir without symbolic links, so that each folder has one
// name. What does not exist yet is kept as it is.
func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir, err
	}
	real, err := filepath.EvalSymlinks(abs)
	parent := filepath.Dir(abs)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || parent == abs {
		return real, err
	}
	if real, err = realPath(parent); err != nil {
		return dir, err
	}
	return filepath.Join(real, filepath.Base(abs)), nil
}

// Dir returns the absolute path of the folder that contains the torrent.
func (s *Slot) Dir() string { return s.dir }

// PartFile returns a path for Options.PartFile.
func (s *Slot) PartFile() string { return filepath.Join(s.state, s.key+".part") }

// Load reads the record. ErrNoRecord and ErrBadRecord both mean that nothing is known, and all
// pieces must be checked.
func (s *Slot) Load() (*Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load()
}

func (s *Slot) load() (*Record, error) {
	r, err := loadRecord(s.folder, s.key)
	if err != nil {
		return nil, fmt.Errorf("read the resume record of %s: %w", s.id, err)
	}
	if r.ID != s.id || r.Dir != s.dir {
		return nil, fmt.Errorf("read the resume record of %s: %w: it is another torrent's", s.id, ErrBadRecord)
	}
	s.generation = r.Generation
	return r, nil
}

func loadRecord(base folder, key string) (*Record, error) {
	f, err := base.open(key+".resume", os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoRecord
	}
	if err != nil {
		return nil, cause(err)
	}
	defer f.close()
	info, err := f.stat()
	if err != nil {
		return nil, cause(err)
	}
	if info.Size() > maxRecord {
		return nil, fmt.Errorf("%w: it has %d bytes", ErrBadRecord, info.Size())
	}
	b := make([]byte, info.Size())
	if _, err := f.readAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, cause(err)
	}
	return decodeRecord(b)
}

// Intent makes durable that the store is about to change files: use it in Options.BeforeWrite. Of
// r's claims it keeps those that the record on disk has too, since no others are known to be
// synced. r is only read; nil claims nothing.
func (s *Slot) Intent(store *Store, r *Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.load()
	if err != nil && !errors.Is(err, ErrNoRecord) && !errors.Is(err, ErrBadRecord) {
		return err
	}
	if r == nil {
		r = &Record{}
	}
	intent := *r
	intent.Clean, intent.Foreign = false, store.Foreign()
	intent.Verified, intent.Partial, intent.Files = nil, nil, nil
	if old != nil && old.Pieces == r.Pieces {
		intent.Verified = both(old.Verified, r.Verified, r.Pieces)
		intent.Partial, intent.Files = old.Partial, old.Files
	}
	return s.save(&intent)
}

// both returns the pieces that are in a and in b.
func both(a, b *bitset.Set, pieces int) *bitset.Set {
	if a == nil || b == nil || a.Len() != pieces || b.Len() != pieces {
		return nil
	}
	out := bitset.New(pieces)
	for p := a.Next(0); p >= 0; p = a.Next(p + 1) {
		if b.Has(p) {
			out.Add(p)
		}
	}
	return out
}

// Checkpoint syncs the store, then writes r with the stamps of its files. Pieces that were written
// while it ran are left to the next one, and the record is Clean only if r is and there were none.
// On an error the old record stays, and its claims hold, after a *SyncError as well. r is only read.
func (s *Slot) Checkpoint(store *Store, r *Record) error {
	claim := *r
	if r.Verified != nil {
		claim.Verified = r.Verified.Clone()
	}
	if err := store.Sync(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	claim.Files = store.Stamps()
	claim.Foreign = store.Foreign()
	open := store.unsynced()
	for p := open.Next(0); p >= 0 && claim.Verified != nil; p = open.Next(p + 1) {
		claim.Verified.Remove(p)
	}
	claim.Clean = r.Clean && store.rest()
	return s.save(&claim)
}

// save writes the record beside the old one and puts it in its place: temp, fsync, rename, fsync
// of the folder.
func (s *Slot) save(r *Record) error {
	r.ID, r.Dir = s.id, s.dir
	r.Generation = s.generation + 1
	b, err := r.encode()
	if err == nil {
		err = s.replace(s.key+".resume", b)
	}
	if err != nil {
		return fmt.Errorf("write the resume record of %s: %w", s.id, cause(err))
	}
	s.generation = r.Generation
	return nil
}

func (s *Slot) replace(name string, b []byte) error {
	temp := s.key + ".new"
	f, err := s.folder.open(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.writeAt(b, 0)
	if err == nil {
		err = f.sync()
	}
	if closeErr := f.close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = s.folder.rename(temp, name)
	}
	if err != nil {
		s.folder.remove(temp)
		return err
	}
	return s.folder.sync(".")
}

// Remove deletes the record and the part file. The files of the torrent stay.
func (s *Slot) Remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range []string{".resume", ".part"} {
		if err := s.folder.remove(s.key + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the resume record of %s: %w", s.id, cause(err))
		}
	}
	return s.folder.sync(".")
}

// Close gives the record free for other processes.
func (s *Slot) Close() error {
	err := s.lock.Close()
	if folderErr := s.folder.close(); err == nil {
		err = folderErr
	}
	return err
}
