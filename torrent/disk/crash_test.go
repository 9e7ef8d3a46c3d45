package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"testing"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

func newSet(n int) *bitset.Set { return bitset.New(n) }

// faulty is a file system that notes what is asked of it, and fails where it is told to.
type faulty struct {
	mu  sync.Mutex
	log []string
	// fail is asked before each operation: "open show/a", "write show/a", "sync show/a",
	// "syncdir .", "rename x y", ...
	fail func(op string) error
}

func (f *faulty) do(op string) error {
	f.mu.Lock()
	f.log = append(f.log, op)
	fail := f.fail
	f.mu.Unlock()
	if fail != nil {
		return fail(op)
	}
	return nil
}

// mount returns a folder of f whose names begin with prefix in the log.
func (f *faulty) mount(prefix string) mounter {
	return func(dir string, perm fs.FileMode) (folder, error) {
		real, err := mountRoot(dir, perm)
		return faultyFolder{real, f, prefix}, err
	}
}

type faultyFolder struct {
	folder
	f      *faulty
	prefix string
}

func (d faultyFolder) open(name string, flag int, perm fs.FileMode) (file, error) {
	if flag != 0 {
		if err := d.f.do("open " + d.prefix + name); err != nil {
			return nil, err
		}
	}
	real, err := d.folder.open(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return faultyFile{real, d.f, d.prefix + name}, nil
}

func (d faultyFolder) mkdir(name string) error {
	if err := d.f.do("mkdir " + d.prefix + name); err != nil {
		return err
	}
	return d.folder.mkdir(name)
}

func (d faultyFolder) rename(from, to string) error {
	if err := d.f.do("rename " + d.prefix + to); err != nil {
		return err
	}
	return d.folder.rename(from, to)
}

func (d faultyFolder) sync(name string) error {
	if err := d.f.do("syncdir " + d.prefix + name); err != nil {
		return err
	}
	return d.folder.sync(name)
}

type faultyFile struct {
	file
	f    *faulty
	name string
}

func (x faultyFile) writeAt(b []byte, off int64) (int, error) {
	if err := x.f.do("write " + x.name); err != nil {
		return 0, err
	}
	return x.file.writeAt(b, off)
}

func (x faultyFile) sync() error {
	if err := x.f.do("sync " + x.name); err != nil {
		return err
	}
	return x.file.sync()
}

// The order that survives a loss of power: intent, files, data, folders, record; each synced
// before the next.
func TestTheOrderOnDisk(t *testing.T) {
	var f faulty
	w, dir, state := plainShow(t, 1000, 1500), t.TempDir(), t.TempDir()
	slot, err := acquireSlot(f.mount("state/"), state, someID, dir, "test")
	ok(t, err)
	defer slot.Close()
	r := &Record{Name: "show", Pieces: w.Pieces(), Verified: newSet(w.Pieces())}
	s := open(t, Options{Dir: dir, Layout: w.Layout, mount: f.mount(""), BeforeWrite: func(s *Store) error { return slot.Intent(s, r) }})
	if len(f.log) > 0 {
		t.Fatalf("before the first write: %v", f.log)
	}
	ok(t, s.WriteAt(w.piece(0), 0))
	r.Verified.Add(0)
	r.Clean = true
	ok(t, slot.Checkpoint(s, r))
	ok(t, s.WriteAt(w.piece(1), 1000))

	name := "state/" + slot.key
	save := []string{"open " + name + ".new", "write " + name + ".new", "sync " + name + ".new", "rename " + name + ".resume", "syncdir state/."}
	want := append([]string(nil), save...)
	want = append(want, "mkdir show", "open show/a", "write show/a", "sync show/a", "syncdir .", "syncdir show")
	want = append(want, save...) // the checkpoint
	want = append(want, save...) // after a clean one the next write needs an intent again
	want = append(want, "write show/a")
	if fmt.Sprint(f.log) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", f.log, want)
	}
	got, err := slot.Load()
	if err != nil || got.Clean || got.Verified.Count() != 1 {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestWithoutAnIntentNothingIsCreated(t *testing.T) {
	w, dir := plainShow(t, 1000, 1500, 0), t.TempDir()
	full := errors.New("the state folder is full")
	s := open(t, Options{Dir: dir, Layout: w.Layout, BeforeWrite: func(*Store) error { return full }})
	if err := s.WriteAt(w.piece(0), 0); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := s.Start(newSet(w.Pieces())); !errors.Is(err, full) {
		t.Error(err)
	}
	if got := contents(t, dir); len(got) > 0 {
		t.Errorf("there is %v", got)
	}
	slot := acquire(t, t.TempDir(), dir)
	ok(t, slot.Intent(s, nil))
	if r, err := slot.Load(); err != nil || r.Clean || r.Verified != nil {
		t.Errorf("a bare intent: %+v, %v", r, err)
	}
}

// Whatever sync fails, the record on disk claims only pieces that an earlier good sync covers, and
// the error says which pieces are lost.
func TestAFailedSyncClaimsNothing(t *testing.T) {
	for _, broken := range []string{"sync show/a", "sync show/b", "syncdir .", "syncdir show", "sync state", "rename state", "syncdir state"} {
		for _, few := range []bool{false, true} { // with few descriptors the sync comes at an eviction
			var f faulty
			w, dir := plainShow(t, 1000, 2000, 2000, 2000), t.TempDir()
			slot, err := acquireSlot(f.mount("state"), t.TempDir(), someID, dir, "test")
			ok(t, err)
			o := Options{Dir: dir, Layout: w.Layout, mount: f.mount(""), BeforeWrite: freely}
			if few {
				o.MaxOpen = 1
			}
			s := open(t, o)
			r := &Record{Name: "show", Pieces: w.Pieces(), Verified: newSet(w.Pieces())}
			write := func(p layout.PieceIndex) error {
				err := s.WriteAt(w.piece(p), w.Start(p))
				if err == nil {
					r.Verified.Add(int(p))
				}
				return err
			}
			ok(t, write(0))
			ok(t, slot.Checkpoint(s, r))
			s.noteFolder(".")
			s.noteFolder("show")
			f.fail = func(op string) error {
				if len(op) >= len(broken) && op[:len(broken)] == broken {
					return syscall.EIO
				}
				return nil
			}
			var first error
			for _, p := range []layout.PieceIndex{1, 2, 4} {
				if err := write(p); err != nil && first == nil {
					first = err
				}
			}
			err = slot.Checkpoint(s, r)
			if err == nil {
				t.Fatalf("%s: no error", broken)
			}
			f.fail = nil
			got, loadErr := slot.Load()
			if loadErr != nil {
				t.Fatal(loadErr)
			}
			if broken != "syncdir state" && got.Verified.Count() != 1 {
				t.Errorf("%s: %d pieces are claimed", broken, got.Verified.Count())
			}
			if broken[len(broken)-5:] == "state" {
				ok(t, slot.Checkpoint(s, r)) // the data is safe: only the record failed
				slot.Close()
				continue
			}
			var lost *SyncError
			if !errors.As(err, &lost) || !errors.Is(err, ErrLost) || !errors.Is(err, ErrFaulty) || lost.Lost.Has(0) || !lost.Lost.Has(1) {
				t.Errorf("%s: %v", broken, err)
			}
			for p := range 3 {
				if r.Verified.Has(p) && p > 0 && !lost.Lost.Has(p) {
					t.Errorf("%s: piece %d is not said to be lost", broken, p)
				}
			}
			if err := slot.Checkpoint(s, r); !errors.Is(err, ErrLost) {
				t.Errorf("%s: the next checkpoint: %v", broken, err)
			}
			if err := write(5); !errors.Is(err, ErrLost) {
				t.Errorf("%s: the next write: %v", broken, err)
			}
			slot.Close()
		}
	}
}

// Pieces that a check finds good may have been written by a process that died before its sync:
// they are synced before they are claimed.
func TestFoundPiecesAreSyncedBeforeTheyAreClaimed(t *testing.T) {
	var f faulty
	w, dir := plainShow(t, 1000, 2000), t.TempDir()
	w.lay(t, dir)
	slot := acquire(t, t.TempDir(), dir)
	s := open(t, Options{Dir: dir, Layout: w.Layout, mount: f.mount("")})
	r := &Record{Name: "show", Pieces: w.Pieces(), Verified: w.check(t, s).Good}
	if !r.Verified.Full() {
		t.Fatal("not all is good")
	}
	ok(t, slot.Checkpoint(s, r))
	if fmt.Sprint(f.log) != "[sync show/a syncdir . syncdir show]" {
		t.Errorf("%v", f.log)
	}
}

// Pieces written while a checkpoint runs are claimed by the next one.
func TestACheckpointDoesNotClaimWhatCameMeanwhile(t *testing.T) {
	var f faulty
	w, dir := plainShow(t, 1000, 3000), t.TempDir()
	slot := acquire(t, t.TempDir(), dir)
	s := open(t, Options{Dir: dir, Layout: w.Layout, mount: f.mount("")})
	r := &Record{Name: "show", Pieces: w.Pieces(), Verified: newSet(w.Pieces()), Clean: true}
	ok(t, s.WriteAt(w.piece(0), 0))
	r.Verified.Add(0)
	r.Verified.Add(1)
	once := false
	f.fail = func(op string) error {
		if op == "sync show/a" && !once {
			once = true
			return s.WriteAt(w.piece(1), 1000)
		}
		return nil
	}
	ok(t, slot.Checkpoint(s, r))
	got, err := slot.Load()
	if err != nil || got.Clean || got.Verified.Has(1) || !got.Verified.Has(0) {
		t.Fatalf("%v: clean %v", err, got.Clean)
	}
	ok(t, slot.Checkpoint(s, r))
	if got, err = slot.Load(); err != nil || !got.Clean || !got.Verified.Has(1) {
		t.Fatalf("%v: clean %v", err, got.Clean)
	}
}
