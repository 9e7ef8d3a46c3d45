package disk

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// State is what a check found out about a piece.
type State uint8

// States of a piece. A piece is Missing if one of its files is not there, Unreadable if one could
// not be read, and Unknown if it was not looked at, or nothing is known to compare it with.
const (
	Unknown State = iota
	Good
	Bad
	Missing
	Unreadable
	Contradictory // the halves of a hybrid torrent disagree: the torrent must stop
)

// String names the state in lower case.
func (s State) String() string {
	return [...]string{"unknown", "good", "bad", "missing", "unreadable", "contradictory"}[s]
}

// Source is where a check reads from: a Store, or whatever stands in for one.
type Source interface {
	ReadAt(buf []byte, off int64) error // as Store.ReadAt; ErrMissing and ErrShort are known to a check
}

var _ Source = (*Store)(nil)

// CheckOptions say what to check.
type CheckOptions struct {
	// Expect says what a piece should hash to. It is called by several goroutines.
	Expect func(layout.PieceIndex) Expect

	Pieces  *bitset.Set // the pieces to check; nil: all
	Workers int         // 0: one per core

	// Progress is told after each piece, by one goroutine at a time: bytes done of all bytes to check.
	Progress func(done, total int64)
}

// Report is what a check found.
type Report struct {
	States []State // one per piece
	Good   *bitset.Set
	Err    error // the first reason why a piece is Unreadable
}

// Check hashes pieces on several cores. Pieces whose files are not there cost no read. It stops
// early only if ctx is done, and then returns what it found so far with ctx's error. Good pieces
// of a Store count as written: the next Sync covers them.
func Check(ctx context.Context, l *layout.Layout, from Source, o CheckOptions) (*Report, error) {
	c := &checker{ctx: ctx, layout: l, from: from, options: o}
	c.report = &Report{States: make([]State, l.Pieces()), Good: bitset.New(l.Pieces())}
	c.store, _ = from.(*Store)
	if c.options.Pieces == nil {
		c.options.Pieces = bitset.New(l.Pieces())
		c.options.Pieces.Fill()
	}
	for p := c.options.Pieces.Next(0); p >= 0; p = c.options.Pieces.Next(p + 1) {
		c.total += int64(l.Length(layout.PieceIndex(p)))
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var running sync.WaitGroup
	for range min(workers, c.options.Pieces.Count()) {
		running.Go(c.work)
	}
	running.Wait()
	return c.report, ctx.Err()
}

// checker is one running check.
type checker struct {
	ctx     context.Context
	layout  *layout.Layout
	from    Source
	store   *Store // from, if it is one
	options CheckOptions
	total   int64

	mu     sync.Mutex // guards all below
	next   int
	done   int64
	report *Report

	telling sync.Mutex // held while Progress runs
}

// work checks the next piece until none is left. Pieces are taken one by one, so that the workers
// stay close together on the disk.
func (c *checker) work() {
	hasher, buf := NewHasher(), make([]byte, min(chunkSize, c.layout.PieceLength()))
	for c.ctx.Err() == nil {
		p, ok := c.take()
		if !ok {
			return
		}
		state, err := c.check(p, hasher, buf)
		if c.ctx.Err() != nil {
			return
		}
		c.note(p, state, err)
	}
}

func (c *checker) take() (layout.PieceIndex, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.options.Pieces.Next(c.next)
	if p < 0 {
		return 0, false
	}
	c.next = p + 1
	return layout.PieceIndex(p), true
}

// note keeps the result of a piece.
func (c *checker) note(p layout.PieceIndex, state State, err error) {
	if state == Good && c.store != nil {
		c.store.noteGood(p)
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	c.report.States[p] = state
	if state == Good {
		c.report.Good.Add(int(p))
	}
	if c.report.Err == nil {
		c.report.Err = err
	}
	c.done += int64(c.layout.Length(p))
	done := c.done
	c.mu.Unlock()
	if c.options.Progress != nil {
		c.options.Progress(done, c.total)
	}
}

// check reads and hashes one piece, a chunk at a time while it is hot.
func (c *checker) check(p layout.PieceIndex, hasher *Hasher, buf []byte) (State, error) {
	if c.store != nil && !c.store.Has(p) {
		return Missing, nil
	}
	expect := c.options.Expect(p)
	if !expect.HasV1 && !expect.HasV2 {
		return Unknown, nil
	}
	start, length := c.layout.Start(p), c.layout.DataLength(p)
	hasher.Reset(expect, length)
	for at := 0; at < length && c.ctx.Err() == nil; {
		b := buf[:min(len(buf), length-at)]
		if err := c.from.ReadAt(b, start+int64(at)); err != nil {
			return unread(err)
		}
		hasher.Prefix(b)
		at += len(b)
	}
	switch hasher.Finish(c.layout.Length(p) - length) {
	case Right:
		return Good, nil
	case Inconsistent:
		return Contradictory, nil
	}
	return Bad, nil
}

// unread says what a failed read means: only what is neither missing nor short is an error.
func unread(err error) (State, error) {
	switch {
	case errors.Is(err, ErrMissing):
		return Missing, nil
	case errors.Is(err, ErrShort):
		return Bad, nil
	}
	return Unreadable, err
}

// Sample returns at most n pieces of the set, drawn at random.
func Sample(rng *rand.Rand, from *bitset.Set, n int) *bitset.Set {
	sample := bitset.New(from.Len())
	// Floyd's way would not need a list; a bitfield of pieces is small enough for one.
	pieces := make([]int, 0, from.Count())
	for p := from.Next(0); p >= 0; p = from.Next(p + 1) {
		pieces = append(pieces, p)
	}
	for i := range min(n, len(pieces)) {
		j := i + rng.IntN(len(pieces)-i)
		pieces[i], pieces[j] = pieces[j], pieces[i]
		sample.Add(pieces[i])
	}
	return sample
}
