package disk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// What was there before us is used where it is right, and is never written over unasked.
func TestStrangersFilesAreKept(t *testing.T) {
	sizes := []int{2500, 2500, 0} // show/a and show/b meet in piece 2
	for _, c := range []struct {
		name      string
		there     func(w *show, dir string)
		wanted    func(int) bool
		overwrite bool
		conflict  string // the path in the error of Admit; "" = none
		late      string // the path in the error of WriteAt
	}{
		{name: "nothing is there", there: func(*show, string) {}},
		{name: "everything is there and right", there: func(w *show, dir string) { w.lay(t, dir) }},
		{
			name:  "one file is there and right",
			there: func(w *show, dir string) { put(t, filepath.Join(dir, "show/a"), w.file(0)) },
		},
		{
			name:     "a file has other bytes",
			there:    func(w *show, dir string) { put(t, filepath.Join(dir, "show/a"), make([]byte, 2500)) },
			conflict: "show/a",
		},
		{
			name:      "a file has other bytes, and may be overwritten",
			there:     func(w *show, dir string) { put(t, filepath.Join(dir, "show/a"), make([]byte, 2500)) },
			overwrite: true,
		},
		{
			name:     "a file is shorter",
			there:    func(w *show, dir string) { put(t, filepath.Join(dir, "show/b"), w.file(1)[:600]) },
			conflict: "show/b",
		},
		{
			name:     "a file is longer",
			there:    func(w *show, dir string) { put(t, filepath.Join(dir, "show/b"), append(w.file(1)[:2500:2500], 'x')) },
			conflict: "show/b",
		},
		{
			name:      "a file is longer, and may be overwritten",
			there:     func(w *show, dir string) { put(t, filepath.Join(dir, "show/b"), append(w.file(1)[:2500:2500], 'x')) },
			overwrite: true,
		},
		{
			name:     "a file that should be empty is not",
			there:    func(w *show, dir string) { put(t, filepath.Join(dir, "show/c"), []byte("notes")) },
			conflict: "show/c",
		},
		{
			name: "only the bytes beside a missing file differ",
			there: func(w *show, dir string) {
				b := bytes.Clone(w.file(0))
				b[2400]++
				put(t, filepath.Join(dir, "show/a"), b)
			},
			late: "show/a",
		},
		{
			name: "an unwanted file has other bytes, where nobody needs them",
			there: func(w *show, dir string) {
				put(t, filepath.Join(dir, "show/a"), append(make([]byte, 2000), w.file(0)[2000:]...))
			},
			wanted: func(i int) bool { return i > 0 },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, dir := plainShow(t, 1000, sizes...), t.TempDir()
			c.there(w, dir)
			before := contents(t, dir)
			s := open(t, Options{Dir: dir, Layout: w.Layout, Wanted: c.wanted, PartFile: filepath.Join(t.TempDir(), "part")})
			report := w.check(t, s)
			err := s.Admit(report.States, c.overwrite)
			var conflict *ConflictError
			if c.conflict != "" {
				if !errors.As(err, &conflict) || !errors.Is(err, ErrForeign) || conflict.Paths[0] != c.conflict {
					t.Fatalf("admit: %v", err)
				}
				return
			}
			ok(t, err)
			ok(t, s.Start(report.Good))
			if late := complete(w, s, report.Good); c.late != "" {
				var file *FileError
				if !errors.As(late, &file) || !errors.Is(late, ErrForeign) || file.Path != c.late {
					t.Fatalf("write: %v", late)
				}
			} else {
				ok(t, late)
			}
			for path, b := range contents(t, dir) { // in any order: each file is looked at by itself
				if was, there := before[path]; there && !c.overwrite && !bytes.Equal(was, b) {
					t.Errorf("%s was changed", path)
				}
			}
			for i, f := range w.Files() {
				got, _ := os.ReadFile(filepath.Join(dir, f.Path))
				if c.late == "" && c.wanted == nil && !bytes.Equal(got, w.file(i)) {
					t.Errorf("%s has %d bytes, and not the right ones", f.Path, len(got))
				}
			}
		})
	}
}

// complete writes the needed pieces that are not good, as a download would.
func complete(w *show, s *Store, good *bitset.Set) error {
	for p := range layout.PieceIndex(w.Pieces()) {
		if good.Has(int(p)) || !s.needed(p) {
			continue
		}
		if err := s.WriteAt(w.piece(p), w.Start(p)); err != nil {
			return err
		}
	}
	return nil
}

// contents returns every file below dir.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	ok(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found[path] = b
		return err
	}))
	return found
}

// A second file that appears where ours should be created is not written to: it is a stranger's,
// or the system takes two names of the torrent for one.
func TestAFileThatAppearsIsNotOurs(t *testing.T) {
	w, dir := plainShow(t, 1000, 1000, 1000), t.TempDir()
	s := open(t, Options{Dir: dir, Layout: w.Layout})
	put(t, filepath.Join(dir, "show/a"), []byte("somebody's"))
	if err := s.WriteAt(w.piece(0), 0); !errors.Is(err, ErrForeign) {
		t.Errorf("%v", err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "show/a")); string(got) != "somebody's" {
		t.Errorf("it holds %q now", got)
	}
}

// A record gives us our own files back, but not those that somebody finished or changed since.
func TestARecordSaysWhatIsOurs(t *testing.T) {
	w, dir, state := plainShow(t, 1000, 2000, 2000, 2000), t.TempDir(), t.TempDir()
	put(t, filepath.Join(dir, "show/c"), w.file(2))
	slot := acquire(t, state, dir)
	r := &Record{Name: "show", Pieces: w.Pieces(), Verified: bitset.New(w.Pieces())}
	s := open(t, Options{Dir: dir, Layout: w.Layout, BeforeWrite: func(s *Store) error { return slot.Intent(s, r) }})
	for _, p := range []layout.PieceIndex{0, 1, 2} {
		ok(t, s.WriteAt(w.piece(p), w.Start(p)))
		r.Verified.Add(int(p))
	}
	r.Verified.Add(4)
	r.Verified.Add(5)
	r.Clean = true
	ok(t, slot.Checkpoint(s, r))
	ok(t, s.Close())

	reopen := func() []int {
		r, err := slot.Load()
		ok(t, err)
		s := open(t, Options{Dir: dir, Layout: w.Layout, Record: r})
		return s.Foreign()
	}
	if got := reopen(); len(got) != 1 || got[0] != 2 {
		t.Errorf("foreign: %v", got)
	}
	later := time.Now().Add(time.Hour)
	ok(t, os.Chtimes(filepath.Join(dir, "show/a"), later, later)) // retagged after it was complete
	ok(t, os.Chtimes(filepath.Join(dir, "show/b"), later, later))
	if got := reopen(); len(got) != 2 || got[0] != 0 || got[1] != 2 {
		t.Errorf("foreign: %v", got)
	}
}
