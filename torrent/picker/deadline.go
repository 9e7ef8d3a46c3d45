package picker

import (
	"cmp"
	"slices"

	"groove/internal/clock"
	"groove/torrent/layout"
)

// deadline is a piece that somebody waits for: a listener, at the time it will be played.
type deadline struct {
	at    clock.Time
	piece layout.PieceIndex
}

func (d deadline) compare(e deadline) int {
	return cmp.Or(cmp.Compare(d.at, e.at), cmp.Compare(d.piece, e.piece))
}

// SetDeadline says that piece i is needed at an instant. Pieces with a deadline go before all
// others, the earliest first; once it has passed, each of their blocks may be asked of a second
// peer. Every pick looks at all deadlines, so a caller sets a window of them, not a whole file.
// Without effect on a piece that we have.
func (p *Picker) SetDeadline(i layout.PieceIndex, at clock.Time) {
	p.ClearDeadline(i)
	if p.have.Has(int(i)) {
		return
	}
	d := deadline{at, i}
	place, _ := slices.BinarySearchFunc(p.deadlines, d, deadline.compare)
	p.deadlines = slices.Insert(p.deadlines, place, d)
}

// ClearDeadline takes the deadline of piece i away.
func (p *Picker) ClearDeadline(i layout.PieceIndex) {
	for n, d := range p.deadlines {
		if d.piece == i {
			p.deadlines = slices.Delete(p.deadlines, n, n+1)
			return
		}
	}
}

// pickDeadlines takes blocks of the pieces that somebody waits for, whoever works on them already.
func (p *Picker) pickDeadlines(now clock.Time, dst []layout.Block, a *Asker, end int) []layout.Block {
	for _, d := range p.deadlines {
		if len(dst) == end {
			break
		}
		if !p.useless.Has(int(d.piece)) && a.has(d.piece) {
			dst = p.takePiece(dst, a, d.piece, end)
			if d.at <= now {
				dst = p.twinsOf(dst, a, d.piece, end)
			}
		}
	}
	return dst
}

// twinsOf asks a second peer for the blocks of a late piece.
func (p *Picker) twinsOf(dst []layout.Block, a *Asker, i layout.PieceIndex, end int) []layout.Block {
	slot := p.pieces[i].slot
	if slot == none {
		return dst
	}
	for n := uint32(0); n < p.parts[slot].total && len(dst) < end; n++ {
		if p.twin(slot, n, a) {
			dst = append(dst, layout.Block{Piece: i, Index: n})
		}
	}
	return dst
}
