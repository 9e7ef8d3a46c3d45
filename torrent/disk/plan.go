package disk

import (
	"math/rand/v2"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// Plan says how far a record may be believed.
type Plan struct {
	Claimed *bitset.Set // pieces that the record claims and nothing speaks against
	Changed []int       // files that somebody changed since
	Recheck *bitset.Set // all pieces of changed files: what a check finds good of them may be claimed
	Partial []Partial   // unfinished pieces, but for those of changed files

	// Sample is part of Claimed, empty after a clean end. If one of it is not good, nothing that
	// the record claims holds: all pieces must be checked.
	Sample *bitset.Set
}

// Compare holds a record against the files as they are now. After an unclean end, files that were
// not complete may have grown: our own writes since the last checkpoint did that.
func Compare(r *Record, now []FileStamp, l *layout.Layout, rng *rand.Rand) *Plan {
	p := &Plan{Claimed: bitset.New(l.Pieces()), Recheck: bitset.New(l.Pieces()), Sample: bitset.New(l.Pieces())}
	if r.Pieces != l.Pieces() || len(r.Files) != len(now) || len(now) != len(l.Files()) {
		p.Recheck.Fill() // an intent without any checkpoint, or another torrent's
		return p
	}
	if r.Verified != nil {
		p.Claimed = r.Verified.Clone()
	}
	for i := range now {
		if !r.unchanged(i, now[i], l) {
			p.Changed = append(p.Changed, i)
			first, end := l.FilePieces(i)
			for piece := first; piece < end; piece++ {
				p.Recheck.Add(int(piece))
				p.Claimed.Remove(int(piece))
			}
		}
	}
	for _, part := range r.Partial {
		if !p.Recheck.Has(int(part.Piece)) {
			p.Partial = append(p.Partial, part)
		}
	}
	if !r.Clean {
		p.Sample = Sample(rng, p.Claimed, SampleSize)
	}
	return p
}

// unchanged reports whether nobody but us has touched file i.
func (r *Record) unchanged(i int, now FileStamp, l *layout.Layout) bool {
	then := r.Files[i]
	if now.Same(then) {
		return true
	}
	if r.Clean || then.Size < 0 || now.Size < 0 || r.complete(i, l) {
		return false
	}
	return now.Path == then.Path && now.Size >= then.Size && now.Size <= l.Files()[i].Length &&
		!now.ModTime.Before(then.ModTime)
}

// takenOver reports whether file i, which has changed, is the work of somebody else: it appeared
// when we were at rest, or was complete already.
func (r *Record) takenOver(i int, l *layout.Layout) bool {
	if r.Files[i].Size < 0 {
		return r.Clean
	}
	return r.complete(i, l)
}

// complete reports whether the record claims every piece of file i.
func (r *Record) complete(i int, l *layout.Layout) bool {
	first, end := l.FilePieces(i)
	for p := first; p < end; p++ {
		if r.Verified == nil || !r.Verified.Has(int(p)) {
			return false
		}
	}
	return true
}

// ours returns the files that r lets us change. Not ours are files that were there before us, and
// files that were complete and that somebody changed since. A nil record gives no file away.
func (r *Record) ours(now []FileStamp, l *layout.Layout) []bool {
	ours := make([]bool, len(now))
	if r == nil {
		return ours
	}
	known := r.Pieces == l.Pieces() && len(r.Files) == len(now)
	for i := range now {
		ours[i] = !known || r.unchanged(i, now[i], l) || !r.takenOver(i, l)
	}
	for _, i := range r.Foreign {
		if i >= 0 && i < len(ours) {
			ours[i] = false
		}
	}
	return ours
}
