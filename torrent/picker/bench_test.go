package picker

import (
	"testing"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// download runs blocks through a Picker: each is picked, lands, and completes its piece; every
// completed piece is announced by ten peers.
type download struct {
	p     *Picker
	has   []*bitset.Set
	queue [][]layout.Block
	at    int
}

func newDownload(n, blocks, peers int) *download {
	d := &download{p: New(pieces(n, blocks), source(5)), queue: make([][]layout.Block, peers)}
	rng := source(6)
	for range peers {
		has := bitset.New(n)
		for i := range n {
			if rng.IntN(3) > 0 {
				has.Add(i)
			}
		}
		d.has = append(d.has, has)
		d.p.AddBitfield(has)
	}
	d.p.MaxPartials(peers * 3 / 2)
	for id := range peers {
		d.queue[id] = make([]layout.Block, 0, 64)
		d.ask(id, 16)
	}
	return d
}

func (d *download) ask(id, n int) {
	d.queue[id] = d.p.Pick(0, d.queue[id], Asker{ID: PeerID(id), Has: d.has[id], Fast: id%2 == 0}, n)
}

func (d *download) step() {
	d.at = (d.at + 1) % len(d.queue)
	q := d.queue[d.at]
	if len(q) == 0 {
		d.ask(d.at, 16)
		return
	}
	b := q[0]
	d.queue[d.at] = q[:copy(q, q[1:])]
	d.p.Landed(b, PeerID(d.at))
	if d.p.Complete(b.Piece) {
		d.p.SetHave(b.Piece)
		for range 10 { // come and go, so that the order keeps moving
			d.p.AddHave(b.Piece)
		}
		for range 10 {
			d.p.RemoveHave(b.Piece)
		}
		if d.p.Wanted() < 200 {
			for i := range d.p.pieces {
				d.p.LoseHave(layout.PieceIndex(i))
			}
		}
	}
	d.ask(d.at, 1)
}

func BenchmarkBlock(b *testing.B) {
	d := newDownload(2000, 32, 50)
	for range 200_000 {
		d.step()
	}
	b.ReportAllocs()
	for b.Loop() {
		d.step()
	}
}

// A block costs no allocation once the slots are there.
func TestBlockAllocatesNothing(t *testing.T) {
	d := newDownload(2000, 32, 50)
	for range 200_000 {
		d.step()
	}
	if n := testing.AllocsPerRun(100_000, d.step); n != 0 {
		t.Errorf("%v allocations a block", n)
	}
	check(t, d.p)
}

// Two million pieces, and a peer that has the last of those that others have as well.
func BenchmarkPeerWithOnePiece(b *testing.B) {
	p := New(pieces(2<<20, 1), source(7))
	has := bitset.New(2 << 20)
	has.Add(2<<20 - 5)
	p.AddHave(2<<20 - 5)
	b.ReportAllocs()
	for b.Loop() {
		got := p.Pick(0, nil, Asker{ID: 1, Has: has}, 1)
		if len(got) != 1 {
			b.Fatal("its piece was not found")
		}
		p.Drop(got[0], 1)
	}
}
