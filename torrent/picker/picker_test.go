package picker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"groove/internal/bitset"
	"groove/internal/clock"
	"groove/torrent/layout"
)

// A swarm is told in strings, one character a piece. In swarm.peers a digit is how many peers have
// the piece; in have '*' is a piece we have; in prio a digit is its priority; in begun '2' means that
// the first two blocks have landed. Pieces have four blocks.
type swarm struct {
	peers, have, prio, begun string
}

const blocksPerPiece = 4

func (s swarm) picker(t *testing.T) *Picker {
	t.Helper()
	p := New(pieces(len(s.peers), blocksPerPiece), source(1))
	for i, c := range s.peers {
		for range c - '0' {
			p.AddHave(layout.PieceIndex(i))
		}
	}
	for i, c := range s.have {
		if c == '*' {
			p.SetHave(layout.PieceIndex(i))
		}
	}
	for i, c := range s.prio {
		p.SetPriority(layout.PieceIndex(i), uint8(c-'0'))
	}
	for i, c := range s.begun {
		landed := bitset.New(blocksPerPiece)
		for n := range int(max(c, '0') - '0') {
			landed.Add(n)
		}
		p.Restore(layout.PieceIndex(i), landed)
	}
	check(t, p)
	return p
}

func pieces(n, blocks int) *layout.Layout {
	length := int64(blocks * layout.BlockSize)
	l, err := layout.New(length, []layout.File{{Path: "show", Length: int64(n) * length}})
	if err != nil {
		panic(err)
	}
	return l
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

func check(t *testing.T, p *Picker) {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
}

// set is a bitfield as a string: '*' is a piece that the peer has.
func set(s string) *bitset.Set {
	b := bitset.New(len(s))
	for i, c := range s {
		if c == '*' {
			b.Add(i)
		}
	}
	return b
}

// told prints blocks as "piece:first-last" runs.
func told(blocks []layout.Block) string {
	var runs []string
	for i := 0; i < len(blocks); {
		j := i
		for j+1 < len(blocks) && blocks[j+1] == (layout.Block{Piece: blocks[j].Piece, Index: blocks[j].Index + 1}) {
			j++
		}
		runs = append(runs, fmt.Sprintf("%d:%d-%d", blocks[i].Piece, blocks[i].Index, blocks[j].Index))
		i = j + 1
	}
	return strings.Join(runs, " ")
}

func wantPick(t *testing.T, p *Picker, a Asker, n int, want string) []layout.Block {
	t.Helper()
	got := p.Pick(0, nil, a, n)
	if told(got) != want {
		t.Fatalf("peer %d: picked %q, want %q", a.ID, told(got), want)
	}
	check(t, p)
	return got
}

func land(p *Picker, id PeerID, blocks ...layout.Block) {
	for _, b := range blocks {
		p.Landed(b, id)
	}
}

func TestRarestPieceGoesFirst(t *testing.T) {
	for _, tc := range []struct {
		why  string
		s    swarm
		has  string
		want string
	}{
		{"rarest of what it has", swarm{peers: "3321331", have: "****   "}, "*******", "6:0-3"},
		{"it lacks the rarest", swarm{peers: "3323123", have: "**** "}, "******.", "4:0-3"},
		{"begun before rarer ones", swarm{peers: "3333123", have: "****", begun: "     2"}, "*******", "5:2-3 4:0-1"},
		{"rarest of begun ones", swarm{peers: "3333423", have: "****", begun: "    222"}, "*******", "5:2-3 6:2-3"},
		{"nearly whole of equal ones", swarm{peers: "3333333", have: "****", begun: "    123"}, "*******", "6:3-3 5:2-3 4:1-1"},
		{"priority before rarity", swarm{peers: "3333213", have: "****", prio: "1111517"}, "*******", "6:0-3"},
		{"not wanted", swarm{peers: "3333213", have: "****", prio: "1111100"}, "*******", "4:0-3"},
		{"not wanted, though begun", swarm{peers: "3333213", have: "****", prio: "1111011", begun: "    2"}, "*******", "5:0-3"},
		{"nothing we want", swarm{peers: "3333213", have: "****", prio: "1111100"}, "****...", ""},
	} {
		p := tc.s.picker(t)
		got := told(p.Pick(0, nil, Asker{ID: 1, Has: set(tc.has)}, 4))
		if got != tc.want {
			t.Errorf("%s: picked %q, want %q", tc.why, got, tc.want)
		}
		if p.Interesting(set(tc.has)) != (tc.want != "") {
			t.Errorf("%s: Interesting is wrong", tc.why)
		}
	}
}

// A peer with few pieces gives the rarest of them, though all of them are common.
func TestPeerWithFewPieces(t *testing.T) {
	p := New(pieces(3000, 1), source(1))
	has := bitset.New(3000)
	for i := range 3000 {
		switch {
		case i < randomPieces:
			p.SetHave(layout.PieceIndex(i))
		case i%100 == 0:
			has.Add(i)
			for range 3 + i/1000 {
				p.AddHave(layout.PieceIndex(i))
			}
		}
	}
	first := map[layout.PieceIndex]bool{}
	for range 9 {
		got := p.Pick(0, nil, Asker{ID: 1, Has: has}, 1)
		first[got[0].Piece] = true
		if got[0].Piece >= 1000 {
			t.Fatalf("piece %d is not the rarest that it has", got[0].Piece)
		}
		p.SetHave(got[0].Piece)
	}
	if len(first) != 9 {
		t.Fatalf("picked %v", first)
	}
	if got := p.Pick(0, nil, Asker{ID: 1, Has: has}, 1); got[0].Piece < 1000 || got[0].Piece >= 2000 {
		t.Fatalf("piece %d is not the rarest that it has", got[0].Piece)
	}
}

func TestFirstPiecesAreRandom(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(40) {
		p := New(pieces(8, 4), source(seed))
		for i := range layout.PieceIndex(8) {
			for range i {
				p.AddHave(i)
			}
		}
		seen[told(p.Pick(0, nil, Asker{ID: 1}, 4))] = true
	}
	if len(seen) != 8 {
		t.Errorf("40 newcomers began only %v", seen)
	}
}

func TestFastPeerKeepsItsPiece(t *testing.T) {
	p := New(pieces(3, 8), source(1))
	p.SetSequential(true)
	fast, other, slow := Asker{ID: 1, Fast: true}, Asker{ID: 2, Fast: true}, Asker{ID: 3}
	wantPick(t, p, fast, 2, "0:0-1")
	wantPick(t, p, slow, 2, "1:0-1")
	wantPick(t, p, other, 2, "1:5-6")        // a fast peer helps a slow one
	wantPick(t, p, slow, 1, "2:0-0")         // which leaves the rest to it
	wantPick(t, p, Asker{ID: 4}, 1, "2:4-4") // nothing is fresh: help where most is left
	wantPick(t, p, fast, 9, "0:2-7 2:2-3 2:6-6")
	wantPick(t, p, Asker{ID: 5}, 1, "1:3-3")
}

// Two peers in one piece, one block at a time each: each of them gets long runs.
func TestBlocksOfOnePeerAreConsecutive(t *testing.T) {
	p := New(pieces(1, 64), source(1))
	got := map[PeerID][]layout.Block{}
	for range 32 {
		for id := range PeerID(2) {
			got[id] = p.Pick(0, got[id], Asker{ID: id}, 1)
		}
	}
	check(t, p)
	if told(got[0]) != "0:0-31" || told(got[1]) != "0:32-63" {
		t.Errorf("peer 0 got %s, peer 1 %s", told(got[0]), told(got[1]))
	}
	// A third takes the hole that a choke left, not half of what another is about to take.
	p = New(pieces(1, 64), source(1))
	a := p.Pick(0, nil, Asker{ID: 0}, 48)
	land(p, 0, a[0])
	for _, b := range a[8:20] {
		p.Drop(b, 0)
	}
	wantPick(t, p, Asker{ID: 1}, 12, "0:8-19")
}

func TestHalfPiecesAreFew(t *testing.T) {
	p := swarm{peers: "3333123412", have: "****"}.picker(t)
	p.MaxPartials(2)
	wantPick(t, p, Asker{ID: 1, Fast: true}, 1, "4:0-0")
	wantPick(t, p, Asker{ID: 2, Fast: true}, 2, "8:0-1")
	// At the bound a third peer helps where most is left.
	wantPick(t, p, Asker{ID: 3, Fast: true}, 2, "4:2-3")
	// Pieces whose blocks are all asked for do not count.
	wantPick(t, p, Asker{ID: 1, Fast: true}, 5, "4:1-1 5:0-3")
	wantPick(t, p, Asker{ID: 4, Fast: true}, 3, "9:0-2")
	wantPick(t, p, Asker{ID: 1, Fast: true}, 4, "8:3-3 8:2-2 9:3-3 6:0-0")
	p.MaxBegun(5)
	wantPick(t, p, Asker{ID: 5, Fast: true}, 8, "6:2-3 6:1-1")
}

func TestPeerWithoutTheBegunPiecesIsNotIdle(t *testing.T) {
	p := swarm{peers: "3333111", have: "****", begun: "    11"}.picker(t)
	p.MaxPartials(2)
	wantPick(t, p, Asker{ID: 1, Has: set("......*")}, 2, "6:0-1")
	p.MaxBegun(3)
	p.LoseHave(0)
	wantPick(t, p, Asker{ID: 2, Has: set("*......")}, 2, "")
	wantPick(t, p, Asker{ID: 1}, 9, "6:2-3 4:1-3 5:1-3")
}

func TestEndGameAsksAtMostTwo(t *testing.T) {
	p := swarm{peers: "33333", have: "****"}.picker(t)
	got := wantPick(t, p, Asker{ID: 1}, 3, "4:0-2")
	if blocks := p.PickEndgame(nil, Asker{ID: 2}, 9); blocks != nil {
		t.Fatalf("one block is free, yet %s was asked twice", told(blocks))
	}
	wantPick(t, p, Asker{ID: 2}, 9, "4:3-3")
	wantPick(t, p, Asker{ID: 3}, 9, "")
	if !p.Endgame() {
		t.Fatal("everything is asked for")
	}
	if twins := told(p.PickEndgame(nil, Asker{ID: 3}, 2)); twins != "4:0-1" {
		t.Fatalf("asked %s again, not the oldest", twins)
	}
	if twins := told(p.PickEndgame(nil, Asker{ID: 2}, 9)); twins != "4:2-2" {
		t.Fatalf("asked %s again, not what nobody else was", twins)
	}
	if twins := told(p.PickEndgame(nil, Asker{ID: 4}, 9)); twins != "4:3-3" {
		t.Fatalf("asked %s again", twins)
	}
	check(t, p)
	if others := p.Landed(got[0], 1); len(others) != 1 || others[0] != 3 {
		t.Fatalf("to be cancelled at %v, want peer 3", others)
	}
	if others := p.Landed(got[0], 3); others != nil {
		t.Fatalf("a late twin cancels %v", others)
	}
	p.Drop(got[1], 1)
	if askers := p.Askers(got[1]); len(askers) != 1 || askers[0] != 3 {
		t.Fatalf("asked of %v, want peer 3", askers)
	}
	if twins := told(p.PickEndgame(nil, Asker{ID: 4}, 1)); twins != "4:1-1" {
		t.Fatalf("asked %s again, not the one that lost an asker", twins)
	}
	p.Drop(got[1], 4)
	p.Drop(got[1], 3)
	if p.Endgame() || p.BlockState(got[1]) != Free {
		t.Fatal("a block that nobody is asked for ends the end game")
	}
	check(t, p)
}

func TestDeadlinesAndSequence(t *testing.T) {
	soon, late := clock.Time(time.Second), clock.Time(time.Minute)
	p := swarm{peers: "333312222", have: "****", begun: "    1"}.picker(t)
	p.SetDeadline(8, late)
	p.SetDeadline(7, soon)
	wantPick(t, p, Asker{ID: 1, Fast: true}, 6, "7:0-3 8:0-1")
	if got := told(p.Pick(0, nil, Asker{ID: 2}, 3)); got != "8:3-3 8:2-2 4:1-1" {
		t.Fatalf("picked %s: whoever comes helps with a deadline", got)
	}
	if got := told(p.Pick(soon, nil, Asker{ID: 2}, 5)); got != "7:0-3 4:2-2" {
		t.Fatalf("picked %s: a late piece is asked of a second peer", got)
	}
	check(t, p)

	p = swarm{peers: "333312222", have: "****"}.picker(t)
	p.SetDeadline(4, soon)
	p.SetHave(4)
	p.LoseHave(4) // its deadline is over with it
	p.SetSequential(true)
	p.SetPriority(8, 2)
	p.SetDeadline(5, late)
	p.ClearDeadline(5)
	wantPick(t, p, Asker{ID: 1, Has: set("******.**")}, 12, "8:0-3 4:0-3 5:0-3")
	wantPick(t, p, Asker{ID: 2}, 8, "6:0-3 7:0-3")
}

func TestFastExtensionLimitsAndSuggests(t *testing.T) {
	p := swarm{peers: "33331222", have: "****", begun: "    1"}.picker(t)
	wantPick(t, p, Asker{ID: 1, Only: []layout.PieceIndex{}}, 8, "")
	wantPick(t, p, Asker{ID: 1, Only: []layout.PieceIndex{0, 6}}, 8, "6:0-3")
	wantPick(t, p, Asker{ID: 2, Suggested: []layout.PieceIndex{1, 6, 7}}, 4, "4:1-3 7:0-0")
}

func TestFailedPieceIsFreeAgain(t *testing.T) {
	p := swarm{peers: "333312", have: "****"}.picker(t)
	got := wantPick(t, p, Asker{ID: 1}, 4, "4:0-3")
	land(p, 1, got...)
	if !p.Complete(4) {
		t.Fatal("all blocks landed")
	}
	p.Failed(4)
	check(t, p)
	if all, _ := p.Begun(); p.Complete(4) || all != 0 {
		t.Fatal("the failed piece is still begun")
	}
	got = wantPick(t, p, Asker{ID: 1}, 4, "4:0-3")
	land(p, 1, got...)
	p.Unland(got[2])
	wantPick(t, p, Asker{ID: 2}, 1, "4:2-2")
	land(p, 2, got[2])
	p.SetHave(4)
	p.SetHave(5)
	check(t, p)
	if p.Wanted() != 0 || p.Interesting(nil) {
		t.Fatal("nothing is left to want")
	}
	p.LoseHave(5)
	wantPick(t, p, Asker{ID: 2}, 1, "5:0-0")
}

func TestCopiesCountPeersOnly(t *testing.T) {
	p := swarm{peers: "1213", have: "***"}.picker(t)
	if got := p.Copies(); got != 1.5 {
		t.Errorf("%v copies, want 1.5", got)
	}
	p.AddSeed()
	p.AddBitfield(set("*.*."))
	if got := p.Copies(); got != 3.25 || p.Availability(0) != 3 {
		t.Errorf("%v copies, want 3.25; piece 0 %d", got, p.Availability(0))
	}
	p.RemoveBitfield(set("*.*."))
	p.RemoveSeed()
	check(t, p)
}

// Of two blocks asked of one peer each, the one that lost an asker is asked again first.
func TestEndGameRemembersWhoWaitsLongest(t *testing.T) {
	p := New(pieces(1, 3), source(1))
	got := wantPick(t, p, Asker{ID: 1}, 3, "0:0-2")
	p.PickEndgame(nil, Asker{ID: 2}, 1)
	p.Drop(got[0], 1)
	check(t, p)
	if twins := told(p.PickEndgame(nil, Asker{ID: 3}, 2)); twins != "0:0-1" {
		t.Errorf("asked %s again", twins)
	}
}

// A piece that is all padding is never asked for, and is complete at once.
func TestPaddingIsNotAskedFor(t *testing.T) {
	l, err := layout.New(2*layout.BlockSize, []layout.File{
		{Path: "a", Length: layout.BlockSize},
		{Length: 3 * layout.BlockSize, Pad: true},
		{Path: "b", Length: 100},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := New(l, source(1))
	if !p.Complete(1) || p.Complete(0) || p.Wanted() != 3 {
		t.Fatal("the padding should wait for its verification alone")
	}
	got := p.Pick(0, nil, Asker{ID: 1}, 9)
	if len(got) != 2 || !p.Endgame() {
		t.Fatalf("asked for %s", told(got))
	}
	p.SetHave(1)
	check(t, p)
}
