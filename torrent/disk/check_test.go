package disk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"groove/internal/bitset"
	"groove/torrent/layout"
	"groove/torrent/merkle"
)

func TestACheckTellsPiecesApart(t *testing.T) {
	w, dir := plainShow(t, 1000, 2000, 2000, 2000, 500), t.TempDir()
	put(t, filepath.Join(dir, "show/a"), w.file(0))
	put(t, filepath.Join(dir, "show/b"), append([]byte{0}, w.file(1)[1:]...))
	put(t, filepath.Join(dir, "show/d"), w.file(3))
	s := open(t, Options{Dir: dir, Layout: w.Layout, ReadOnly: true})
	expect := func(p layout.PieceIndex) Expect {
		e := w.expect(p)
		switch p {
		case 1:
			e.HasV2, e.V2 = true, merkle.Hash{1} // the other half of the hybrid was made of other bytes
		case 6:
			e.HasV1 = false
		}
		return e
	}
	var done []int64
	r, err := Check(context.Background(), w.Layout, s, CheckOptions{Expect: expect, Workers: 3, Progress: func(n, total int64) {
		done = append(done, n)
		if total != w.Total() {
			t.Errorf("of %d bytes", total)
		}
	}})
	if err != nil || fmt.Sprint(r.States) != "[good contradictory bad good missing missing unknown]" || r.Good.Count() != 2 || r.Err != nil {
		t.Errorf("%v: %v", err, r)
	}
	if len(done) != w.Pieces() || !slices.IsSorted(done) || done[len(done)-1] != w.Total() {
		t.Errorf("progress: %v", done)
	}
	some := bitset.New(w.Pieces())
	some.Add(3)
	if r, err := Check(context.Background(), w.Layout, s, CheckOptions{Expect: w.expect, Pieces: some}); err != nil || fmt.Sprint(r.States) != "[unknown unknown unknown good unknown unknown unknown]" {
		t.Errorf("of one piece: %v, %v", r, err)
	}
}

func TestACheckCanBeStopped(t *testing.T) {
	w, dir := plainShow(t, 1000, 100_000), t.TempDir()
	w.lay(t, dir)
	s := open(t, Options{Dir: dir, Layout: w.Layout, ReadOnly: true})
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Check(ctx, w.Layout, s, CheckOptions{Expect: w.expect, Progress: func(done, _ int64) {
		if done >= 10_000 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r.Good.Count() < 10 || r.Good.Full() {
		t.Errorf("%v after %d pieces", err, r.Good.Count())
	}
}

// BenchmarkCheck reads from the page cache, on as many cores as -cpu says.
func BenchmarkCheck(b *testing.B) {
	const pieceLength, pieces = 1 << 20, 256
	l, err := layout.New(pieceLength, []layout.File{{Path: "a", Length: pieces * pieceLength}})
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(Options{Dir: b.TempDir(), Layout: l, BeforeWrite: freely})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	zero := make([]byte, pieceLength)
	for p := range layout.PieceIndex(pieces) {
		if err := s.WriteAt(zero, l.Start(p)); err != nil {
			b.Fatal(err)
		}
	}
	for name, e := range map[string]Expect{"v1": {HasV1: true}, "v2": {HasV2: true, Height: 6}} { // in any order
		b.Run(name, func(b *testing.B) {
			b.SetBytes(l.Total())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Check(context.Background(), l, s, CheckOptions{Expect: func(layout.PieceIndex) Expect { return e }}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAPoolKeepsItsBudget(t *testing.T) {
	p := NewPool(1 << 20)
	a, b := p.Get(400_000), p.Get(512<<10)
	if len(a) != 400_000 || cap(a) != 512<<10 || len(b) != 512<<10 {
		t.Fatalf("%d of %d, %d", len(a), cap(a), len(b))
	}
	if p.Get(1) != nil || p.Get(0) != nil || p.Get(MaxBuffer+1) != nil {
		t.Error("a buffer without a budget for it")
	}
	p.Put(a[:10])
	p.Put(b)
	if n := testing.AllocsPerRun(100, func() { p.Put(p.Get(300_000)) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	c := p.Get(1 << 20) // the idle ones have to go
	if s := p.Stats(); len(c) != 1<<20 || s.Lent != 1<<20 || s.Idle != 0 || s.Refused != 1 || s.Made != 3 {
		t.Errorf("%+v", s)
	}
}

type job func()

func (j job) Do() { j() }

// A disk that hangs fills its own queue; the others go on, and nobody blocks.
func TestASlowDiskStopsNobodyElse(t *testing.T) {
	slow, fast := NewWorkers(1, 2), NewWorkers(1, 2)
	hang, started := make(chan struct{}), make(chan struct{})
	var ran atomic.Int32
	if !slow.Submit(job(func() { close(started); <-hang })) {
		t.Fatal("the first job is refused")
	}
	<-started
	for range 2 {
		if !slow.Submit(job(func() { ran.Add(1) })) {
			t.Error("there was room")
		}
	}
	if slow.Submit(job(func() { t.Error("a refused job ran") })) || slow.Waiting() != 2 {
		t.Error("the queue has no bound")
	}
	var group sync.WaitGroup
	group.Add(1)
	fast.Submit(job(group.Done))
	group.Wait()
	close(hang)
	slow.Close()
	fast.Close()
	if ran.Load() != 2 || slow.Submit(job(func() {})) {
		t.Errorf("%d of 2 queued jobs ran before Close returned", ran.Load())
	}
	d := NewDevices(1, 1)
	defer d.Close()
	a, err := d.For(t.TempDir())
	ok(t, err)
	if b, err := d.For(t.TempDir()); err != nil || a != b {
		t.Errorf("two folders of one disk: %v", err)
	}
}
