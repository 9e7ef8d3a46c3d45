package picker

import (
	"fmt"
	"hash/fnv"
	"testing"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/layout"
)

// The same seeds give the same picks, whatever else the process did.
func TestSameSeedSamePicks(t *testing.T) {
	story := func(seed uint64) uint64 {
		h := fnv.New64a()
		d := newDownload(500, 8, 20)
		d.p.rng = source(seed)
		for range 20_000 {
			d.step()
			fmt.Fprint(h, d.at, d.queue[d.at])
		}
		return h.Sum64()
	}
	first, again := story(1), story(1)
	if first != again {
		t.Error("two runs with one seed differ")
	}
	if first == story(2) {
		t.Error("the seed decides nothing")
	}
}

// In a torrent of two million pieces the one useful piece of a peer is found, wherever it lies, and
// every search stays short.
func TestNeedleInTwoMillionPieces(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	const n = 2 << 20
	p := New(pieces(n, 1), source(1))
	has := bitset.New(n)
	for i := 0; i < n-1; i += 2 { // we own every second piece, and so does the peer
		p.SetHave(layout.PieceIndex(i))
		has.Add(i)
	}
	has.Add(n - 3)
	p.AddBitfield(has)
	for try := range 64 {
		if got := p.Pick(clock.Time(try), nil, Asker{ID: 1, Has: has}, 1); len(got) == 1 {
			if got[0].Piece != n-3 {
				t.Fatalf("picked %v", got)
			}
			return
		}
	}
	t.Fatal("its only useful piece was never found")
}

// Whatever is picked and dropped, begun pieces stay within their bounds.
func TestBoundsHold(t *testing.T) {
	const peers, open, begun = 10, 5, 12
	p, rng := New(pieces(300, 6), source(1)), source(2)
	p.MaxPartials(open)
	p.MaxBegun(begun)
	asked := make([][]layout.Block, peers)
	for range 20_000 {
		id := PeerID(rng.IntN(peers))
		switch rng.IntN(4) {
		case 0:
			for _, b := range asked[id] {
				p.Drop(b, id)
			}
			asked[id] = nil
		case 1:
			for _, b := range asked[id] {
				p.Landed(b, id)
				if p.Complete(b.Piece) && p.Wanted() > 1 {
					p.SetHave(b.Piece)
				}
			}
			asked[id] = nil
		default:
			asked[id] = p.Pick(0, asked[id], Asker{ID: id, Fast: id%3 > 0}, rng.IntN(10))
		}
		// A drop makes pieces half ones again, so the bound on these is one on beginning.
		if all, _ := p.Begun(); all > begun {
			t.Fatalf("%d begun pieces", all)
		}
		if rng.IntN(4) > 0 {
			continue
		}
		before, _ := p.Begun()
		if over := p.open >= open; over && p.Outstanding(id) > 0 {
			asked[id] = p.Pick(0, asked[id], Asker{ID: id}, 1)
			if after, _ := p.Begun(); after > before {
				t.Fatalf("a busy peer began a piece beside %d half ones", p.open)
			}
		}
	}
	check(t, p)
}
