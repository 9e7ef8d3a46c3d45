package disk

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// show is a torrent to test with: its layout and bytes.
type show struct {
	*layout.Layout
	data []byte
}

// randomShow returns files of all sorts: empty, tiny, longer than a piece, in folders, with padding.
func randomShow(t *testing.T, rng *rand.Rand) *show {
	t.Helper()
	var files []layout.File
	var data []byte
	for i := range 1 + rng.IntN(9) {
		f := layout.File{Path: fmt.Sprintf("show/set%d/%02d.flac", rng.IntN(2), i), Length: int64(rng.IntN(60000))}
		if rng.IntN(4) == 0 {
			f.Length = int64(rng.IntN(5))
		}
		for range f.Length {
			data = append(data, byte(1+rng.IntN(255)))
		}
		files = append(files, f)
		if rng.IntN(3) == 0 {
			pad := layout.File{Length: int64(rng.IntN(9000)), Pad: true}
			files, data = append(files, pad), append(data, make([]byte, pad.Length)...)
		}
	}
	return newShow(t, 1000+rng.Int64N(40000), files, data)
}

func newShow(t testing.TB, pieceLength int64, files []layout.File, data []byte) *show {
	t.Helper()
	l, err := layout.New(pieceLength, files)
	if err != nil {
		t.Fatal(err)
	}
	return &show{l, data}
}

// plainShow has files of these sizes, named show/a, show/b, ...
func plainShow(t testing.TB, pieceLength int64, sizes ...int) *show {
	rng := rand.New(rand.NewPCG(5, 6))
	var files []layout.File
	var data []byte
	for i, n := range sizes {
		files = append(files, layout.File{Path: "show/" + string(rune('a'+i)), Length: int64(n)})
		for range n {
			data = append(data, byte(1+rng.IntN(255)))
		}
	}
	return newShow(t, pieceLength, files, data)
}

func (w *show) piece(p layout.PieceIndex) []byte {
	return w.data[w.Start(p):][:w.Length(p)]
}

func (w *show) file(i int) []byte {
	return w.data[w.FileStart(i):][:w.Files()[i].Length]
}

func (w *show) expect(p layout.PieceIndex) Expect {
	return Expect{V1: sha1.Sum(w.piece(p)), HasV1: true}
}

// lay puts the files into dir as their owner would.
func (w *show) lay(t *testing.T, dir string) {
	t.Helper()
	for i, f := range w.Files() {
		if !f.Pad {
			put(t, filepath.Join(dir, f.Path), w.file(i))
		}
	}
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func freely(*Store) error { return nil }

func open(t *testing.T, o Options) *Store {
	t.Helper()
	if o.BeforeWrite == nil {
		o.BeforeWrite = freely
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (w *show) check(t *testing.T, s *Store) *Report {
	t.Helper()
	r, err := Check(context.Background(), w.Layout, s, CheckOptions{Expect: w.expect})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever the files are and whoever writes first, the store is the torrent's line of bytes; with
// some files unwanted the others are complete, and a later change of mind finds every byte.
func TestAStoreIsTheTorrentsBytes(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := randomShow(t, rng)
		wanted := make([]bool, len(w.Files()))
		for i := range wanted {
			wanted[i] = rng.IntN(3) > 0
		}
		dir, part := t.TempDir(), filepath.Join(t.TempDir(), "part")
		o := Options{Dir: dir, Layout: w.Layout, PartFile: part, MaxOpen: 2, Wanted: func(i int) bool { return wanted[i] }}
		s := open(t, o)
		have := bitset.New(w.Pieces())
		for p := range layout.PieceIndex(w.Pieces()) {
			if s.needed(p) {
				have.Add(int(p))
			}
		}
		ok(t, s.Start(bitset.New(w.Pieces())))
		w.writeAll(t, s, have)
		ok(t, s.Sync())
		w.readAll(t, s, have)
		for i, f := range w.Files() {
			got, err := os.ReadFile(filepath.Join(dir, f.Path))
			switch {
			case f.Pad:
			case wanted[i] && !bytes.Equal(got, w.file(i)):
				t.Fatalf("seed %d: file %d of %v: %v", seed, i, w.Files(), err)
			case !wanted[i] && !errors.Is(err, fs.ErrNotExist):
				t.Fatalf("seed %d: unwanted file %d: %v", seed, i, err)
			}
		}
		// In the middle of a session, or in another one, everything is wanted.
		if seed%2 == 0 {
			ok(t, s.Close())
			o.Wanted, o.Record = nil, &Record{}
			s = open(t, o)
		}
		for i, f := range w.Files() {
			s.SetWanted(i, !f.Pad)
		}
		w.readAll(t, s, have)
		ok(t, s.Start(have))
		rest := bitset.New(w.Pieces())
		for p := have.NextMissing(0); p >= 0; p = have.NextMissing(p + 1) {
			rest.Add(p)
		}
		w.writeAll(t, s, rest)
		if r := w.check(t, s); !r.Good.Full() {
			t.Fatalf("seed %d: %v of %v", seed, r.States, w.Files())
		}
		for i, f := range w.Files() {
			if got, err := os.ReadFile(filepath.Join(dir, f.Path)); !f.Pad && !bytes.Equal(got, w.file(i)) {
				t.Fatalf("seed %d: file %d after the change of mind: %v", seed, i, err)
			}
		}
	}
}

// writeAll writes pieces from four goroutines, some whole and some by block.
func (w *show) writeAll(t *testing.T, s *Store, pieces *bitset.Set) {
	t.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for p := pieces.Next(int(next.Add(1)) - 1); p >= 0; p = pieces.Next(int(next.Add(1)) - 1) {
				at, b := w.Start(layout.PieceIndex(p)), w.piece(layout.PieceIndex(p))
				for step := len(b) >> (p % 2); len(b) > 0; {
					n := min(len(b), max(1, step))
					if err := s.WriteAt(b[:n], at); err != nil {
						t.Error(err)
						return
					}
					b, at = b[n:], at+int64(n)
				}
			}
		})
	}
	group.Wait()
}

func (w *show) readAll(t *testing.T, s *Store, pieces *bitset.Set) {
	t.Helper()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for p := pieces.Next(0); p >= 0; p = pieces.Next(p + 1) {
				want := w.piece(layout.PieceIndex(p))
				got := make([]byte, len(want))
				if err := s.ReadAt(got, w.Start(layout.PieceIndex(p))); err != nil || !bytes.Equal(got, want) {
					t.Errorf("piece %d of %v: %v", p, w.Files(), err)
					return
				}
			}
		})
	}
	group.Wait()
	if s.recent.Len() > s.maxOpen+7 {
		t.Errorf("%d descriptors are open", s.recent.Len())
	}
}

func TestDescriptorsAreBounded(t *testing.T) {
	sizes := make([]int, 20)
	for i := range sizes {
		sizes[i] = 100
	}
	w := plainShow(t, 1000, sizes...)
	s := open(t, Options{Dir: t.TempDir(), Layout: w.Layout, MaxOpen: 3})
	for p := range layout.PieceIndex(w.Pieces()) {
		ok(t, s.WriteAt(w.piece(p), w.Start(p)))
		if n := s.recent.Len(); n > 3 {
			t.Fatalf("%d descriptors are open", n)
		}
	}
	if len(s.dirty) > 3 {
		t.Errorf("%d files were closed without a sync", len(s.dirty)-3)
	}
	ok(t, s.Sync())
	if len(s.dirty) > 0 || s.unsynced().Count() > 0 {
		t.Error("something is left after Sync")
	}
}

func TestReadingAndWritingAllocatesNothing(t *testing.T) {
	w := plainShow(t, 4000, 6000, 6000)
	s := open(t, Options{Dir: t.TempDir(), Layout: w.Layout})
	buf := make([]byte, w.Length(1))
	ok(t, s.WriteAt(w.data, 0))
	if n := testing.AllocsPerRun(100, func() { ok(t, s.ReadAt(buf, w.Start(1))) }); n > 0 {
		t.Errorf("ReadAt: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { ok(t, s.WriteAt(buf, w.Start(1))) }); n > 0 {
		t.Errorf("WriteAt: %v allocations", n)
	}
}

func TestErrorsNameFileAndPiece(t *testing.T) {
	w := plainShow(t, 1000, 1500, 1500)
	dir := t.TempDir()
	w.lay(t, dir)
	s := open(t, Options{Dir: dir, Layout: w.Layout, ReadOnly: true})
	ok(t, os.Truncate(filepath.Join(dir, "show/b"), 700))
	err := s.ReadAt(make([]byte, 1000), 2000)
	if !errors.Is(err, ErrShort) || err.Error() != `read piece 2 of "show/b": the file is shorter than it should be` {
		t.Errorf("truncated under us: %v", err)
	}
	if changed := s.Changed(); len(changed) != 1 || changed[0] != 1 {
		t.Errorf("changed: %v", changed)
	}
	if got := w.check(t, s).States; fmt.Sprint(got) != "[good good bad]" {
		t.Errorf("states: %v", got)
	}
	if err := s.WriteAt(w.piece(0), 0); !errors.Is(err, ErrReadOnly) {
		t.Errorf("write to a store for reading: %v", err)
	}
	ok(t, os.Remove(filepath.Join(dir, "show/a")))
	ok(t, s.Rescan())
	if got := w.check(t, s).States; fmt.Sprint(got) != "[missing missing bad]" {
		t.Errorf("states: %v", got)
	}
	for _, off := range []int64{-1, 2001, 1 << 60} {
		if err := s.ReadAt(make([]byte, 1000), off); !errors.Is(err, ErrRange) {
			t.Errorf("read at %d: %v", off, err)
		}
	}
	ok(t, s.Close())
	if err := s.ReadAt(make([]byte, 1), 2000); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A v1 torrent may hash padding that is not zeros; read back it would be other bytes.
func TestPaddingMustBeZeros(t *testing.T) {
	w := newShow(t, 4000, []layout.File{{Path: "a", Length: 1000}, {Length: 3000, Pad: true}}, make([]byte, 4000))
	s := open(t, Options{Dir: t.TempDir(), Layout: w.Layout})
	w.data[3999] = 1
	if err := s.WriteAt(w.data, 0); !errors.Is(err, ErrPadding) {
		t.Errorf("%v", err)
	}
	if len(s.Existing()) > 0 {
		t.Error("a file was created for a piece that is refused")
	}
}

func TestUnwantedBytesNeedAPartFile(t *testing.T) {
	w := plainShow(t, 1000, 500, 5000)
	s := open(t, Options{Dir: t.TempDir(), Layout: w.Layout, Wanted: func(i int) bool { return i == 0 }})
	if err := s.WriteAt(w.piece(0), 0); !errors.Is(err, ErrUnwanted) {
		t.Errorf("%v", err)
	}
	if err := s.WriteAt(w.piece(3), w.Start(3)); !errors.Is(err, ErrUnwanted) {
		t.Errorf("a piece that nobody wants: %v", err)
	}
}
