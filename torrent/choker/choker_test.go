package choker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"groove/internal/clock"
)

// house is a choker with its peers, in a world where time passes in seconds.
type house struct {
	*testing.T
	c      *Choker
	mode   Mode
	now    clock.Time
	peers  []Peer
	upRate int64
	open   map[uint32]time.Duration // how long each was unchoked
}

func newHouse(t *testing.T, cfg Config, mode Mode, n int) *house {
	h := &house{T: t, c: New(cfg, rand.New(rand.NewPCG(7, 7))), mode: mode, open: map[uint32]time.Duration{}}
	for id := range n {
		h.peers = append(h.peers, Peer{ID: uint32(id), Interested: true, Want: -1})
	}
	h.fill()
	return h
}

func (h *house) peer(id uint32) *Peer {
	return &h.peers[slices.IndexFunc(h.peers, func(p Peer) bool { return p.ID == id })]
}

func (h *house) fill()  { h.apply(h.c.Fill(h.now, h.mode, h.peers, nil)) }
func (h *house) round() { h.apply(h.c.Round(h.now, h.mode, h.upRate, h.peers, nil)) }

// apply does what was decided, and checks what holds after every decision.
func (h *house) apply(decisions []Decision) {
	h.Helper()
	for i, d := range decisions {
		p := h.peer(d.ID)
		if p.Unchoked == d.Unchoke || i > 0 && decisions[i-1].ID >= d.ID {
			h.Fatalf("decision %+v changes nothing or is out of order in %+v", d, decisions)
		}
		p.Unchoked, p.Since, p.Given = d.Unchoke, h.now, 0
	}
	unchoked, used, waiting := 0, 0, 0
	for _, p := range h.peers {
		switch {
		case p.Unchoked && p.Interested:
			unchoked, used = unchoked+1, used+1
		case p.Unchoked:
			unchoked++
		case p.Interested:
			waiting++
		}
	}
	if unchoked > h.c.Slots() {
		h.Fatalf("%v: %d unchoked, %d slots", h.now, unchoked, h.c.Slots())
	}
	if waiting > 0 && used < h.c.Slots() {
		h.Fatalf("%v: %d wait, though only %d of %d slots are in use", h.now, waiting, used, h.c.Slots())
	}
}

// pass lets time go by; every unchoked peer takes its UpRate.
func (h *house) pass(seconds int) {
	h.Helper()
	for range seconds {
		h.now = h.now.Add(time.Second)
		for i := range h.peers {
			if p := &h.peers[i]; p.Unchoked {
				p.Given += p.UpRate
				h.open[p.ID] += time.Second
			}
		}
		if h.now >= h.c.NextDeadline() {
			h.round()
		}
	}
}

func TestGiversKeepTheirSlots(t *testing.T) {
	h := newHouse(t, Config{Slots: 5}, Leeching, 20)
	for id := range uint32(4) {
		h.peer(id).DownRate = int64(1000 * (id + 1))
	}
	h.peer(9).DownRate = 10
	h.pass(60)
	h.open = map[uint32]time.Duration{}
	h.pass(3600)
	for id := range uint32(20) {
		open := h.open[id]
		switch {
		case id < 4 && open != time.Hour:
			t.Errorf("giver %d was unchoked for %v of an hour", id, open)
		case id >= 4 && (open < 2*time.Minute || open > 6*time.Minute):
			t.Errorf("peer %d had %v of the optimistic slot, a fair share is 3m45s", id, open)
		}
	}
	h.peer(3).Snubbed = true
	h.pass(30)
	if h.peer(3).Unchoked || !h.peer(9).Unchoked {
		t.Error("a giver that stopped should lose its slot to the next one")
	}
}

// An optimistic slot lasts 30 s, whatever is refilled in between; of equal givers, those who have the
// slots keep them.
func TestOptimisticSlotLastsItsTime(t *testing.T) {
	h := newHouse(t, Config{Slots: 5}, Leeching, 20)
	for id := range uint32(10) {
		h.peer(id).DownRate = 1000
	}
	h.pass(60)
	h.open = map[uint32]time.Duration{}
	for range 300 {
		h.pass(1)
		h.fill()
	}
	always, short := 0, 0
	for _, open := range h.open { // only counted, so in any order
		switch {
		case open == 300*time.Second:
			always++
		case open < 30*time.Second:
			short++
		}
	}
	if always != 4 || short > 2 || len(h.open) < 4+8 || len(h.open) > 4+11 {
		t.Errorf("of %d peers with a slot %d kept it and %d had it for less than 30 s", len(h.open), always, short)
	}
}

func TestNewcomersWithoutAPieceWaitLess(t *testing.T) {
	h := newHouse(t, Config{Slots: 5}, Leeching, 40)
	for id := range uint32(40) {
		h.peer(id).HasNothing = id < 20
	}
	h.pass(4 * 3600)
	var poor, rich time.Duration
	for id := range uint32(20) {
		poor, rich = poor+h.open[id], rich+h.open[id+20]
	}
	if ratio := float64(poor) / float64(rich); ratio < 2 || ratio > 4 {
		t.Errorf("peers without a piece were unchoked %.1f times as long as others, want about 3", ratio)
	}
}

// A peer that comes back every minute gets no more than one that stays.
func TestReconnectingEarnsNothing(t *testing.T) {
	h := newHouse(t, Config{Slots: 3}, Leeching, 20)
	for range 240 {
		h.pass(60)
		p := h.peer(0)
		p.Joined, p.Since, p.Unchoked = h.now, 0, false
		h.fill()
	}
	if h.open[0] > h.open[1] {
		t.Errorf("it was unchoked for %v, one that stayed for %v", h.open[0], h.open[1])
	}
}

func TestSeedServesInTurn(t *testing.T) {
	h := newHouse(t, Config{Slots: 4}, Seeding, 20)
	for id := range uint32(20) {
		h.peer(id).UpRate = 1 << 20
	}
	h.upRate = 4 << 20
	h.pass(1800)
	for id := range uint32(20) {
		if open := h.open[id]; open < 5*time.Minute || open > 7*time.Minute {
			t.Errorf("peer %d was unchoked for %v of 30 min, a fair share is 6m", id, open)
		}
	}
	// One that takes next to nothing does not sit on its slot until its quota is full.
	h.peer(3).UpRate, h.open[3] = 100, 0
	h.pass(1800)
	if h.open[3] > 8*time.Minute {
		t.Errorf("a peer that takes 100 B/s was unchoked for %v of 30 min", h.open[3])
	}
}

func TestSlotIsGivenAwayAtOnce(t *testing.T) {
	for _, mode := range []Mode{Leeching, Seeding} {
		h := newHouse(t, Config{Slots: 3}, mode, 5)
		h.pass(3)
		before := slices.Clone(h.peers)
		gone := slices.IndexFunc(h.peers, func(p Peer) bool { return p.Unchoked })
		h.peers[gone].Interested = false
		h.fill() // apply checks that three interested ones are unchoked now
		for i := range h.peers {
			if i != gone && before[i].Unchoked && !h.peers[i].Unchoked {
				t.Errorf("mode %d: peer %d lost its slot to a refill", mode, i)
			}
		}
		if h.peers[gone].Unchoked {
			t.Errorf("mode %d: the slot was given away twice", mode)
		}
	}
	// Nobody else waits: who loses interest for a moment keeps its slot.
	h := newHouse(t, Config{Slots: 3}, Seeding, 2)
	h.peer(1).Interested = false
	h.fill()
	if !h.peer(1).Unchoked {
		t.Error("a slot was taken away that nobody needs")
	}
	h.peer(0).Interested = false
	h.round()
	if h.c.NextDeadline() != clock.Never {
		t.Error("nobody is interested, yet there is a deadline")
	}
}

func TestPeerThatHasAllWeHaveWaits(t *testing.T) {
	h := newHouse(t, Config{Slots: 2}, Seeding, 0)
	h.peers = []Peer{{ID: 1, Interested: true, Want: 0}, {ID: 2, Interested: true, Want: 5}}
	h.fill()
	if !h.peer(1).Unchoked || !h.peer(2).Unchoked {
		t.Fatal("two slots, two peers")
	}
	h.peers = append(h.peers, Peer{ID: 3, Interested: true, Want: 5})
	h.round()
	if h.peer(1).Unchoked || !h.peer(3).Unchoked {
		t.Error("the slot should go to the peer that can use it")
	}
}

// Peers of 1 Mbit/s behind an uplink of 10: slots grow until it is full, then hardly any more.
func TestSlotsGrowWithTheUplink(t *testing.T) {
	const mbit = 1_000_000 / 8
	h := newHouse(t, Config{}, Seeding, 100)
	if h.c.Slots() != 3 {
		t.Fatalf("%d slots at the beginning", h.c.Slots())
	}
	most := 0
	for s := range 3600 {
		h.upRate = min(int64(h.c.Slots())*mbit, 10*mbit)
		h.pass(1)
		if s > 1200 {
			most = max(most, h.c.Slots())
		}
	}
	if n := h.c.Slots(); n < 10 || most > 12 {
		t.Errorf("%d slots in the end, %d at most, 10 fill the line", n, most)
	}
	for !h.c.slots.probing {
		h.pass(1)
	}
	n := h.c.Slots()
	for id := range uint32(100) { // all but five leave in the middle of a trial: it proves nothing
		h.peer(id).Interested = id < 5
	}
	if h.round(); h.c.Slots() != n-1 {
		t.Errorf("%d slots after a trial with %d was broken off", h.c.Slots(), n)
	}
	for _, tc := range []struct {
		why    string
		cfg    Config
		upRate int64
		want   int
	}{
		{"10 Mbit/s", Config{}, 10 * mbit, 5},
		{"a fast line", Config{}, 1000 * mbit, 40},
		{"a thin line", Config{}, 20_000, 3},
		{"a low limit", Config{UpLimit: 40_000}, 40_000, 2},
		{"chosen", Config{Slots: 7}, 1000 * mbit, 7},
	} {
		c := New(tc.cfg, rand.New(rand.NewPCG(1, 1)))
		c.Round(0, Seeding, tc.upRate, nil, nil)
		if c.Slots() != tc.want {
			t.Errorf("%s: %d slots, want %d", tc.why, c.Slots(), tc.want)
		}
	}
}

// Whatever peers do, the slots are all in use and never more than there are (apply checks), a refill
// takes no slot away, the order in which peers are told decides nothing, and nothing is allocated.
func TestSlotsAreNeverIdleOrTooMany(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		h := newHouse(t, Config{Slots: rng.IntN(9)}, Leeching, 0)
		twin := New(h.c.cfg, rand.New(rand.NewPCG(7, 7)))
		h.c = New(h.c.cfg, rand.New(rand.NewPCG(7, 7)))
		for range 2000 {
			h.now = h.now.Add(time.Duration(rng.IntN(5000)) * time.Millisecond)
			disturb(h, rng)
			shuffled := slices.Clone(h.peers)
			rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			var got, same []Decision
			if rng.IntN(2) == 0 {
				got = h.c.Round(h.now, h.mode, h.upRate, h.peers, nil)
				same = twin.Round(h.now, h.mode, h.upRate, shuffled, nil)
			} else {
				got = h.c.Fill(h.now, h.mode, h.peers, nil)
				same = twin.Fill(h.now, h.mode, shuffled, nil)
				for _, d := range got {
					if !d.Unchoke && h.peer(d.ID).Interested {
						t.Fatalf("a refill took the slot of peer %d", d.ID)
					}
				}
			}
			if !slices.Equal(got, same) {
				t.Fatalf("told in another order: %v, not %v", same, got)
			}
			h.apply(got)
		}
	}
}

// disturb changes what a swarm may change between two calls.
func disturb(h *house, rng *rand.Rand) {
	if len(h.peers) < 40 && rng.IntN(4) == 0 {
		p := Peer{ID: rng.Uint32N(1000), Since: h.now, Joined: h.now, Interested: rng.IntN(2) == 0, Want: rng.IntN(3) - 1}
		if !slices.ContainsFunc(h.peers, func(q Peer) bool { return q.ID == p.ID }) {
			h.peers = append(h.peers, p)
		}
	}
	if len(h.peers) == 0 {
		return
	}
	i := rng.IntN(len(h.peers))
	p := &h.peers[i]
	switch rng.IntN(8) {
	case 0:
		if len(h.peers) > 20 {
			h.peers = slices.Delete(h.peers, i, i+1)
		}
	case 1, 2, 3:
		p.Interested = !p.Interested
	case 4:
		p.DownRate = rng.Int64N(1 << 20)
	case 5:
		p.Snubbed, p.HasNothing = rng.IntN(2) == 0, rng.IntN(2) == 0
	case 6:
		p.UpRate, p.Given = rng.Int64N(1<<20), rng.Int64N(1<<25)
	case 7:
		h.mode, h.upRate = Mode(rng.IntN(2)), max(h.upRate, rng.Int64N(1<<24))
	}
}

func TestRoundAllocatesNothing(t *testing.T) {
	h := newHouse(t, Config{Slots: 8}, Leeching, 60)
	dst := make([]Decision, 0, 60)
	if n := testing.AllocsPerRun(100, func() {
		h.now = h.now.Add(10 * time.Second)
		dst = h.c.Round(h.now, Leeching, 1<<20, h.peers, dst[:0])
	}); n != 0 {
		t.Errorf("%v allocations a round", n)
	}
}
