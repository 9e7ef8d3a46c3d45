package picker

import (
	"math/rand/v2"
	"slices"
	"testing"

	"groove/internal/bitset"
	"groove/torrent/layout"
)

// model is a Picker that remembers everything as plainly as possible and decides nothing.
type model struct {
	l      *layout.Layout
	have   []bool
	prio   []uint8
	landed map[layout.Block]bool
	asked  map[layout.Block][]PeerID
	has    []*bitset.Set // by peer, nil = not connected
	seed   []bool
	fast   []bool // as at its last pick
}

func newModel(l *layout.Layout, peers int) *model {
	m := &model{
		l: l, have: make([]bool, l.Pieces()), prio: make([]uint8, l.Pieces()),
		landed: map[layout.Block]bool{}, asked: map[layout.Block][]PeerID{},
		has: make([]*bitset.Set, peers), seed: make([]bool, peers), fast: make([]bool, peers),
	}
	for i := range m.prio {
		m.prio[i] = 1
	}
	return m
}

func (m *model) available(i layout.PieceIndex) (n int) {
	for id, has := range m.has {
		if has != nil && (m.seed[id] || has.Has(int(i))) {
			n++
		}
	}
	return n
}

func (m *model) blocks(i layout.PieceIndex) (list []layout.Block) {
	for n := range m.l.Blocks(i) {
		list = append(list, layout.Block{Piece: i, Index: uint32(n)})
	}
	return list
}

func (m *model) free(b layout.Block) bool { return !m.landed[b] && len(m.asked[b]) == 0 }

func (m *model) begun(i layout.PieceIndex) bool {
	return slices.ContainsFunc(m.blocks(i), func(b layout.Block) bool { return !m.free(b) })
}

func (m *model) anyFree(i layout.PieceIndex) bool {
	return slices.ContainsFunc(m.blocks(i), m.free)
}

func (m *model) wanted(i layout.PieceIndex) bool { return !m.have[i] && m.prio[i] > 0 }

// heldFromFast reports whether another fast peer works on the piece.
func (m *model) heldFromFast(i layout.PieceIndex, id PeerID) bool {
	return slices.ContainsFunc(m.blocks(i), func(b layout.Block) bool {
		return slices.ContainsFunc(m.asked[b], func(who PeerID) bool { return who != id && m.fast[who] })
	})
}

func (m *model) drop(b layout.Block, id PeerID) {
	m.asked[b] = slices.DeleteFunc(m.asked[b], func(who PeerID) bool { return who == id })
}

// askedOf lists what is asked of a peer, in a fixed order.
func (m *model) askedOf(id PeerID) (list []layout.Block) {
	for i := range layout.PieceIndex(m.l.Pieces()) {
		for _, b := range m.blocks(i) {
			if slices.Contains(m.asked[b], id) {
				list = append(list, b)
			}
		}
	}
	return list
}

// race is a Picker and its model side by side.
type race struct {
	*testing.T
	rng *rand.Rand
	p   *Picker
	m   *model
}

// TestPickerAgreesWithASlowModel does at random whatever can happen to a torrent. After every step the
// invariants hold, and every pick is legal, complete and in the promised order.
func TestPickerAgreesWithASlowModel(t *testing.T) {
	steps := 3000
	if testing.Short() {
		steps = 600
	}
	for seed := range uint64(12) {
		r := newRace(t, seed)
		for range steps {
			r.step()
			if err := r.p.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		r.compare()
	}
}

func newRace(t *testing.T, seed uint64) *race {
	rng := source(seed)
	length := int64(1 + rng.IntN(6*layout.BlockSize))
	l, err := layout.New(length, []layout.File{
		{Path: "a", Length: length * int64(rng.IntN(20))},
		{Length: 2*length + 1, Pad: true},
		{Path: "b", Length: length*int64(rng.IntN(20)) + 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := New(l, source(seed+100))
	p.SetSequential(seed%4 == 3)
	return &race{T: t, rng: rng, p: p, m: newModel(l, 6)}
}

func (r *race) piece() layout.PieceIndex { return layout.PieceIndex(r.rng.IntN(r.m.l.Pieces())) }

func (r *race) step() {
	id := PeerID(r.rng.IntN(len(r.m.has)))
	i := r.piece()
	switch k := r.rng.IntN(100); {
	case r.m.has[id] == nil:
		r.connect(id)
	case k < 4:
		r.leave(id)
	case k < 14:
		if !r.m.seed[id] && r.m.has[id].Add(int(i)) {
			r.p.AddHave(i)
		}
	case k < 44:
		r.pick(id)
	case k < 50:
		r.endgame(id)
	case k < 80:
		for _, b := range r.m.askedOf(id) {
			r.land(b, id)
		}
	case k < 85:
		for _, b := range r.m.askedOf(id) {
			r.m.drop(b, id)
			r.p.Drop(b, id)
		}
	default:
		r.change(i, k)
	}
}

func (r *race) connect(id PeerID) {
	r.m.has[id] = bitset.New(r.m.l.Pieces())
	if r.m.seed[id] = r.rng.IntN(4) == 0; r.m.seed[id] {
		r.p.AddSeed()
		return
	}
	share := r.rng.IntN(5)
	for i := range r.m.l.Pieces() {
		if r.rng.IntN(4) < share {
			r.m.has[id].Add(i)
		}
	}
	r.p.AddBitfield(r.m.has[id])
}

func (r *race) leave(id PeerID) {
	for _, b := range r.m.askedOf(id) {
		r.m.drop(b, id)
		r.p.Drop(b, id)
	}
	if r.m.seed[id] {
		r.p.RemoveSeed()
	} else {
		r.p.RemoveBitfield(r.m.has[id])
	}
	r.m.has[id] = nil
}

func (r *race) asker(id PeerID) Asker {
	a := Asker{ID: id, Has: r.m.has[id], Fast: r.rng.IntN(2) == 0}
	if r.m.seed[id] {
		a.Has = nil
	}
	if r.rng.IntN(8) == 0 {
		a.Only = []layout.PieceIndex{r.piece(), r.piece()}
	}
	if r.rng.IntN(8) == 0 {
		a.Avoid = []layout.PieceIndex{r.piece(), r.piece()}
	}
	return a
}

func (r *race) pick(id PeerID) {
	a, n := r.asker(id), r.rng.IntN(9)
	r.m.fast[id] = a.Fast
	got := r.p.Pick(0, nil, a, n)
	if len(got) > n {
		r.Fatalf("%d blocks, not %d", len(got), n)
	}
	for _, b := range got {
		if !r.m.free(b) || !r.m.wanted(b.Piece) || !a.has(b.Piece) {
			r.Fatalf("picked %v: free %v, wanted %v, peer has it %v", b, r.m.free(b), r.m.wanted(b.Piece), a.has(b.Piece))
		}
		if !r.m.begun(b.Piece) {
			r.checkOrder(b.Piece, &a)
		}
		r.m.asked[b] = []PeerID{id}
	}
	for i := range layout.PieceIndex(r.m.l.Pieces()) {
		if len(got) < n && r.m.wanted(i) && a.has(i) && r.m.anyFree(i) {
			r.Fatalf("got %d of %d blocks, though piece %d has free ones", len(got), n, i)
		}
	}
}

// checkOrder verifies that piece i was rightly begun now.
func (r *race) checkOrder(i layout.PieceIndex, a *Asker) {
	for j := range layout.PieceIndex(r.m.l.Pieces()) {
		if !r.m.wanted(j) || !a.has(j) || !r.m.anyFree(j) {
			continue
		}
		if r.m.begun(j) {
			if a.Fast && !r.m.heldFromFast(j, a.ID) {
				r.Fatalf("began piece %d before piece %d was used up", i, j)
			}
			continue
		}
		first := r.m.available(j) < r.m.available(i)
		if r.p.sequential {
			first = j < i
		}
		if (r.p.sequential || r.p.have.Count() >= randomPieces) &&
			(r.m.prio[j] > r.m.prio[i] || r.m.prio[j] == r.m.prio[i] && first) {
			r.Fatalf("began piece %d before piece %d, which is rarer, earlier or more wanted", i, j)
		}
	}
}

func (r *race) endgame(id PeerID) {
	a, n := r.asker(id), 1+r.rng.IntN(4)
	open := false
	for i := range layout.PieceIndex(r.m.l.Pieces()) {
		open = open || r.m.wanted(i) && r.m.anyFree(i)
	}
	got := r.p.PickEndgame(nil, a, n)
	if len(got) > n || open && len(got) > 0 {
		r.Fatalf("%d blocks asked again, %d wished; free ones are left: %v", len(got), n, open)
	}
	for _, b := range got {
		if len(r.m.asked[b]) != 1 || r.m.asked[b][0] == id || !a.has(b.Piece) || !r.m.wanted(b.Piece) {
			r.Fatalf("asked peer %d for %v, which is asked of %v", id, b, r.m.asked[b])
		}
		r.m.asked[b] = append(r.m.asked[b], id)
	}
}

func (r *race) land(b layout.Block, id PeerID) {
	if r.m.landed[b] || r.rng.IntN(4) == 0 {
		return
	}
	r.m.drop(b, id)
	if others := r.p.Landed(b, id); !slices.Equal(others, r.m.asked[b]) {
		r.Fatalf("%v landed: to be cancelled %v, want %v", b, others, r.m.asked[b])
	}
	r.m.landed[b] = true
	delete(r.m.asked, b)
	if !r.p.Complete(b.Piece) {
		return
	}
	if slices.ContainsFunc(r.m.blocks(b.Piece), func(b layout.Block) bool { return !r.m.landed[b] }) {
		r.Fatalf("piece %d is not complete", b.Piece)
	}
	switch r.rng.IntN(4) {
	case 0:
		r.p.Failed(b.Piece)
		r.forget(b.Piece)
	case 1:
		r.p.Unland(b)
		delete(r.m.landed, b)
	default:
		r.p.SetHave(b.Piece)
		r.forget(b.Piece)
		r.m.have[b.Piece] = true
	}
}

func (r *race) forget(i layout.PieceIndex) {
	for _, b := range r.m.blocks(i) {
		delete(r.m.landed, b)
		delete(r.m.asked, b)
	}
}

func (r *race) change(i layout.PieceIndex, k int) {
	switch {
	case k < 90:
		r.p.LoseHave(i)
		r.m.have[i] = false
	case k < 92:
		r.p.SetHave(i)
		r.forget(i)
		r.m.have[i] = true
	case k < 97:
		r.m.prio[i] = uint8(r.rng.IntN(4))
		r.p.SetPriority(i, r.m.prio[i])
	case !r.m.have[i]:
		landed := bitset.New(r.m.l.Blocks(i))
		for n, b := range r.m.blocks(i) {
			if r.m.free(b) && r.rng.IntN(2) == 0 {
				landed.Add(n)
				r.m.landed[b] = true
			}
		}
		r.p.Restore(i, landed)
	}
	r.compare()
}

// compare checks what the Picker tells against the model.
func (r *race) compare() {
	wanted, partials := 0, []layout.PieceIndex(nil)
	for i := range layout.PieceIndex(r.m.l.Pieces()) {
		if r.p.Availability(i) != r.m.available(i) {
			r.Fatalf("piece %d: availability %d, want %d", i, r.p.Availability(i), r.m.available(i))
		}
		if r.m.wanted(i) {
			wanted++
		}
		if r.m.begun(i) {
			partials = append(partials, i)
		}
		for _, b := range r.m.blocks(i) {
			want := map[bool]State{true: Free, false: Asked}[r.m.free(b)]
			if r.m.landed[b] {
				want = Landed
			}
			if r.m.have[i] {
				want = Had
			}
			if r.p.BlockState(b) != want || !slices.Equal(r.p.Askers(b), r.m.asked[b]) {
				r.Fatalf("%v: state %d of %v, want %d of %v", b, r.p.BlockState(b), r.p.Askers(b), want, r.m.asked[b])
			}
		}
	}
	if r.p.Wanted() != wanted || !slices.Equal(r.p.Partials(nil), partials) {
		r.Fatalf("wanted %d is %d, begun %v is %v", wanted, r.p.Wanted(), partials, r.p.Partials(nil))
	}
	for id := range r.m.has {
		if r.p.Outstanding(PeerID(id)) != len(r.m.askedOf(PeerID(id))) {
			r.Fatalf("peer %d: %d blocks outstanding", id, r.p.Outstanding(PeerID(id)))
		}
	}
}
