package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"groove/torrent/layout"
)

// folder is a directory that nothing leads out of: all that this room does to a file system goes
// through it, so that tests can lose power and disks can fail. Names are slash-separated.
type folder interface {
	open(name string, flag int, perm fs.FileMode) (file, error)
	lstat(name string) (fs.FileInfo, error)
	mkdir(name string) error
	rename(from, to string) error
	remove(name string) error
	sync(name string) error // makes the entries of one folder durable
	close() error
}

// file is an open file.
type file interface {
	readAt(b []byte, off int64) (int, error)
	writeAt(b []byte, off int64) (int, error)
	truncate(size int64) error
	stat() (fs.FileInfo, error)
	sync() error
	close() error
}

// mounter opens a folder. If it is missing and perm is not 0, it is made before, durably.
type mounter func(dir string, perm fs.FileMode) (folder, error)

// rooted is a folder of the real file system.
type rooted struct{ root *os.Root }

var _ folder = rooted{}

func mountRoot(dir string, perm fs.FileMode) (folder, error) {
	if perm != 0 {
		if err := makeDurableDir(dir, perm); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return rooted{root}, nil
}

// makeDurableDir makes dir and its missing parents, each name synced in the folder above it.
func makeDurableDir(dir string, perm fs.FileMode) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDurableDir(parent, perm); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.Open(parent)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncDir(f)
}

func (r rooted) open(name string, flag int, perm fs.FileMode) (file, error) {
	f, err := r.root.OpenFile(filepath.FromSlash(name), flag, perm)
	if err != nil {
		return nil, err
	}
	if flag&os.O_CREATE != 0 {
		markSparse(f)
	}
	return osFile{f}, nil
}

func (r rooted) lstat(name string) (fs.FileInfo, error) {
	return r.root.Lstat(filepath.FromSlash(name))
}
func (r rooted) mkdir(name string) error { return r.root.Mkdir(filepath.FromSlash(name), 0o777) }
func (r rooted) rename(from, to string) error {
	return r.root.Rename(filepath.FromSlash(from), filepath.FromSlash(to))
}
func (r rooted) remove(name string) error { return r.root.Remove(filepath.FromSlash(name)) }
func (r rooted) close() error             { return r.root.Close() }

func (r rooted) sync(name string) error {
	f, err := r.root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return syncDir(f)
}

// osFile is a file of the real file system.
type osFile struct{ f *os.File }

func (o osFile) readAt(b []byte, off int64) (int, error)  { return o.f.ReadAt(b, off) }
func (o osFile) writeAt(b []byte, off int64) (int, error) { return o.f.WriteAt(b, off) }
func (o osFile) truncate(size int64) error                { return o.f.Truncate(size) }
func (o osFile) stat() (fs.FileInfo, error)               { return o.f.Stat() }
func (o osFile) sync() error                              { return o.f.Sync() }
func (o osFile) close() error                             { return o.f.Close() }

// checkPaths refuses a layout whose paths could leave the folder or meet in one file.
func checkPaths(l *layout.Layout) error {
	seen := make(map[string]bool, len(l.Files()))
	for i, f := range l.Files() {
		if f.Pad {
			continue
		}
		if f.Path == "." || path.Clean(f.Path) != f.Path || !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return &FileError{Op: "open", Piece: -1, File: i, Path: f.Path, Err: ErrPath}
		}
		if seen[f.Path] {
			return &FileError{Op: "open", Piece: -1, File: i, Path: f.Path, Err: fmt.Errorf("two files have this path: %w", ErrPath)}
		}
		seen[f.Path] = true
	}
	return nil
}

// inspect looks at name without following symbolic links anywhere in it: they are refused, as is
// all that is not a regular file. known holds folders that were looked at before; it may be nil.
func inspect(base folder, name string, known map[string]bool) (fs.FileInfo, error) {
	for i := range len(name) {
		if dir := name[:i]; name[i] == '/' && !known[dir] {
			info, err := base.lstat(dir)
			if err == nil && !info.IsDir() {
				err = wrongKind(info, dir)
			}
			if err != nil {
				return nil, err
			}
			if known != nil {
				known[dir] = true
			}
		}
	}
	info, err := base.lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = wrongKind(info, name)
	}
	return info, err
}

func wrongKind(info fs.FileInfo, name string) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%q: %w", name, ErrSymlink)
	}
	return fmt.Errorf("%q: %w", name, ErrNotFile)
}
