package torrent

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Skipped is something in a folder that Make left out.
type Skipped struct {
	Path string // below the folder, with slashes
	Why  string // for people, "is a symlink"
}

// litter are files that systems leave in folders and nobody wants to get, in lower case.
var litter = map[string]bool{".ds_store": true, "thumbs.db": true, "desktop.ini": true}

// sourceTree is what a torrent is made of.
type sourceTree struct {
	root    *os.Root // the folder, or the folder that the single file lies in
	name    string   // of the torrent
	files   []*sourceFile
	byPath  map[string]*sourceFile // by the path in a layout, which begins with the name
	skipped []Skipped
}

type sourceFile struct {
	name     string   // below root, as the system writes it
	elements []string // below the torrent's name; none for a single file
	info     fs.FileInfo
}

// walk lists a folder or a single file. Only path itself may be a symlink.
func walk(name string) (*sourceTree, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	t := &sourceTree{name: filepath.Base(name), byPath: map[string]*sourceFile{}}
	switch {
	case info.IsDir():
		err = t.walkFolder(name)
	case info.Mode().IsRegular():
		if t.root, err = os.OpenRoot(filepath.Dir(name)); err == nil {
			t.add(&sourceFile{name: t.name, info: info})
		}
	default:
		err = fmt.Errorf("it is neither a file nor a folder")
	}
	if err != nil && t.root != nil {
		t.root.Close()
	}
	return t, err
}

func (t *sourceTree) walkFolder(name string) (err error) {
	if t.root, err = os.OpenRoot(name); err != nil {
		return err
	}
	if err := fs.WalkDir(t.root.FS(), ".", t.visit); err != nil {
		return err
	}
	if len(t.files) == 0 {
		return fmt.Errorf("there is no file in the folder")
	}
	return nil
}

func (t *sourceTree) visit(at string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("read the folder %q: %w", at, err)
	case !utf8.ValidString(d.Name()):
		return fmt.Errorf("the name %q is not UTF-8; rename it", at)
	case d.IsDir():
		return nil
	case litter[strings.ToLower(d.Name())]:
		t.skipped = append(t.skipped, Skipped{at, "was left there by the system"})
	case d.Type()&fs.ModeSymlink != 0:
		t.skipped = append(t.skipped, Skipped{at, "is a symlink"})
	case !d.Type().IsRegular():
		t.skipped = append(t.skipped, Skipped{at, "is no ordinary file"})
	default:
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("look at %q: %w", at, err)
		}
		t.add(&sourceFile{name: filepath.FromSlash(at), elements: strings.Split(at, "/"), info: info})
	}
	return nil
}

func (t *sourceTree) add(f *sourceFile) {
	t.files = append(t.files, f)
	t.byPath[path.Join(append([]string{t.name}, f.elements...)...)] = f
}

// open opens a file if it is still the one that was listed.
func (t *sourceTree) open(f *sourceFile) (*os.File, error) {
	file, err := t.root.Open(f.name)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", f.name, withoutPath(err))
	}
	now, err := file.Stat()
	if err == nil {
		err = f.same(now)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// unchanged reports the first file that is not as it was listed.
func (t *sourceTree) unchanged() error {
	for _, f := range t.files {
		now, err := t.root.Stat(f.name)
		if err == nil {
			err = f.same(now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *sourceFile) same(now fs.FileInfo) error {
	if !os.SameFile(f.info, now) || now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime()) {
		return fmt.Errorf("%q changed while it was read; try again when it is finished", f.name)
	}
	return nil
}
