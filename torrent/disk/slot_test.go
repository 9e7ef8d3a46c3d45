package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"groove/internal/bitset"
	"groove/torrent/infohash"
)

var someID = infohash.Hybrid(infohash.V1{1, 2}, infohash.V2{3, 4})

func acquire(t *testing.T, state, dir string) *Slot {
	t.Helper()
	s, err := Acquire(state, someID, dir, "a test")
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func fullRecord() *Record {
	r := &Record{
		ID: someID, Dir: "/music", Name: "show", Generation: 7, Clean: true, Pieces: 11, Verified: bitset.New(11),
		Files:   []FileStamp{{Path: "show/a", Size: 5, ModTime: time.Unix(1e9, 123456789).UTC()}, {Path: "show/b", Size: -1}},
		Partial: []Partial{{Piece: 10, Blocks: []byte{0x80}}}, Foreign: []int{1}, Wanted: []int{0},
		Torrent: []byte("d4:infod4:name4:showee"), Trackers: [][]string{{"http://t/announce"}},
		Peers: []string{"[2001:db8::1]:6881"},
	}
	r.Verified.Add(3)
	r.Verified.Add(10)
	return r
}

// A record is read back as it was written, or not at all: no torn or altered file passes.
func TestATornRecordIsNoRecord(t *testing.T) {
	b, err := fullRecord().encode()
	ok(t, err)
	back, err := decodeRecord(b)
	if err != nil || !reflect.DeepEqual(back, fullRecord()) {
		t.Fatalf("%v: %+v", err, back)
	}
	for n := range b {
		if _, err := decodeRecord(b[:n]); !errors.Is(err, ErrBadRecord) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
		torn := append([]byte(nil), b...)
		torn[n] ^= 0x20
		if r, err := decodeRecord(torn); err == nil && !reflect.DeepEqual(r, back) {
			t.Fatalf("byte %d altered: it passes", n)
		}
	}
}

func FuzzRecord(f *testing.F) {
	b, err := fullRecord().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("groove-resume crc32c=00000000 length=0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			if !errors.Is(err, ErrBadRecord) {
				t.Fatal(err)
			}
			return
		}
		if _, err := r.encode(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestASlotRemembers(t *testing.T) {
	state, dir := filepath.Join(t.TempDir(), "state"), t.TempDir()
	slot := acquire(t, state, dir)
	if _, err := slot.Load(); !errors.Is(err, ErrNoRecord) {
		t.Fatalf("a new slot: %v", err)
	}
	w := plainShow(t, 1000, 2500)
	s := open(t, Options{Dir: dir, Layout: w.Layout})
	r := &Record{Name: "show", Pieces: w.Pieces(), Verified: bitset.New(w.Pieces()), Trackers: [][]string{{"http://t/secret/announce"}}}
	ok(t, s.WriteAt(w.piece(1), 1000))
	r.Verified.Add(1)
	ok(t, slot.Checkpoint(s, r))
	ok(t, slot.Checkpoint(s, r))
	got, err := slot.Load()
	if err != nil || got.Generation != 2 || !got.Verified.Has(1) || got.Files[0].Size != 2000 || got.ID != someID {
		t.Fatalf("%v: %+v", err, got)
	}
	for name := range contents(t, state) { // in any order
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read %s", name)
		}
	}
	one, _ := someID.V1()
	if id, err := FindID(state, infohash.FromV1(one), dir); err != nil || id != someID {
		t.Errorf("by one hash: %v, %v", id, err)
	}
	if id, err := FindID(state, infohash.FromV1(one), t.TempDir()); err != nil || id.IsHybrid() {
		t.Errorf("in another folder: %v, %v", id, err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if os.Symlink(dir, link) == nil {
		if _, err := Acquire(state, someID, link, "x"); !errors.Is(err, ErrLocked) {
			t.Errorf("the folder by another name: %v", err)
		}
	}
	ok(t, slot.Remove())
	if _, err := slot.Load(); !errors.Is(err, ErrNoRecord) {
		t.Errorf("after Remove: %v", err)
	}
}

// The test binary runs itself as the other process.
func TestASecondProcessIsToldWhoIsFirst(t *testing.T) {
	if state := os.Getenv("DISK_TEST_STATE"); state != "" {
		_, err := Acquire(state, someID, os.Getenv("DISK_TEST_DIR"), "groove get")
		fmt.Printf("ERR %v\n", err)
		return
	}
	state, dir := t.TempDir(), t.TempDir()
	slot, err := Acquire(state, someID, dir, "groove get")
	ok(t, err)
	second := func() string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestASecondProcessIsToldWhoIsFirst$", "-test.v")
		cmd.Env = append(os.Environ(), "DISK_TEST_STATE="+state, "DISK_TEST_DIR="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if out := second(); !strings.Contains(out, fmt.Sprintf("already open by groove get, process %d", os.Getpid())) {
		t.Errorf("while we hold it: %s", out)
	}
	ok(t, slot.Close())
	if out := second(); !strings.Contains(out, "ERR <nil>") {
		t.Errorf("after we closed it: %s", out)
	}
}

// What a record says is believed as far as the files bear it out.
func TestARecordIsHeldAgainstTheFiles(t *testing.T) {
	w := plainShow(t, 1000, 2000, 2000, 2000)
	then := time.Unix(1e9, 0)
	stamps := func() []FileStamp {
		return []FileStamp{{"show/a", 2000, then}, {"show/b", 1000, then}, {"show/c", -1, time.Time{}}}
	}
	for _, c := range []struct {
		name    string
		unclean bool
		change  func(now []FileStamp)
		changed string
		sampled int
	}{
		{name: "nothing changed", changed: "[]"},
		{name: "nothing changed, but the power failed", unclean: true, changed: "[]", sampled: 3},
		{name: "a complete file was touched", change: func(f []FileStamp) { f[0].ModTime = then.Add(1) }, changed: "[0]"},
		{name: "a file grew while nobody wrote", change: func(f []FileStamp) { f[1].Size = 2000 }, changed: "[1]"},
		{name: "our own writes before the crash", unclean: true, changed: "[]", sampled: 3, change: func(f []FileStamp) {
			f[1] = FileStamp{"show/b", 2000, then.Add(9)}
		}},
		{name: "a file is longer than it can be", unclean: true, changed: "[1]", sampled: 2, change: func(f []FileStamp) { f[1].Size = 2001 }},
		{name: "a file is shorter after the crash", unclean: true, changed: "[1]", sampled: 2, change: func(f []FileStamp) { f[1].Size = 10 }},
		{name: "a file is gone", change: func(f []FileStamp) { f[0] = FileStamp{"show/a", -1, time.Time{}} }, changed: "[0]"},
		{name: "a file appeared", change: func(f []FileStamp) { f[2] = FileStamp{"show/c", 2000, then} }, changed: "[2]"},
	} {
		r := &Record{Pieces: 6, Verified: bitset.New(6), Files: stamps(), Clean: !c.unclean, Partial: []Partial{{Piece: 3}}}
		for _, p := range []int{0, 1, 2} {
			r.Verified.Add(p)
		}
		now := stamps()
		if c.change != nil {
			c.change(now)
		}
		plan := Compare(r, now, w.Layout, rand.New(rand.NewPCG(1, 1)))
		if fmt.Sprint(plan.Changed) != c.changed || plan.Sample.Count() != c.sampled {
			t.Errorf("%s: changed %v, sample of %d", c.name, plan.Changed, plan.Sample.Count())
		}
		for _, f := range plan.Changed {
			for p, end := w.FilePieces(f); p < end; p++ {
				if plan.Claimed.Has(int(p)) || !plan.Recheck.Has(int(p)) {
					t.Errorf("%s: piece %d of a changed file is believed", c.name, p)
				}
			}
		}
		if plan.Claimed.Count()+2*len(plan.Changed) < 3 || len(plan.Partial) == 1 == plan.Recheck.Has(3) {
			t.Errorf("%s: %d claimed, partial %v", c.name, plan.Claimed.Count(), plan.Partial)
		}
	}
	if plan := Compare(&Record{}, stamps(), w.Layout, nil); !plan.Recheck.Full() || plan.Claimed.Count() > 0 {
		t.Error("an intent alone claims something")
	}
}

func TestSampleIsRandomAndBounded(t *testing.T) {
	from, rng, seen := bitset.New(1000), rand.New(rand.NewPCG(1, 1)), bitset.New(1000)
	for p := 0; p < 1000; p += 3 {
		from.Add(p)
	}
	for range 100 {
		s := Sample(rng, from, SampleSize)
		if s.Count() != SampleSize || s.HasAnyMissingIn(from) {
			t.Fatalf("%d pieces", s.Count())
		}
		for p := s.Next(0); p >= 0; p = s.Next(p + 1) {
			seen.Add(p)
		}
	}
	if seen.Count() != from.Count() {
		t.Errorf("only %d of %d are ever drawn", seen.Count(), from.Count())
	}
	if s := Sample(rng, from, 1e6); s.Count() != from.Count() {
		t.Errorf("of all: %d", s.Count())
	}
}
