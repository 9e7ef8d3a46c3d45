package tracker

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

// model is the tracker as one would write it without a thought for speed.
type model struct {
	lifetime time.Duration
	peers    map[modelKey]*modelPeer
	done     map[modelSwarm]int
}

type modelSwarm struct {
	hash infohash.Short
	v4   bool
}

type modelKey struct {
	modelSwarm
	addr netip.AddrPort
}

type modelPeer struct {
	zone    zone
	seen    clock.Time
	counted bool
}

func swarmOf(h infohash.Short, addr netip.Addr) modelSwarm { return modelSwarm{h, addr.Is4()} }

func (m *model) announce(now clock.Time, a Announce) {
	key := modelKey{swarmOf(a.Hash, a.From), netip.AddrPortFrom(a.From, a.Port)}
	p := m.peers[key]
	if a.Event == Stopped {
		delete(m.peers, key)
		return
	}
	if p == nil {
		m.peers[key] = &modelPeer{zone: zoneOf(a), seen: now}
		return
	}
	if a.Event == Completed && a.Left == 0 && p.zone != seeding && !p.counted {
		p.counted = true
		m.done[key.modelSwarm]++
	}
	p.zone, p.seen = zoneOf(a), now
}

func (m *model) sweep(now clock.Time) {
	for key, p := range m.peers {
		if now.Sub(p.seen) >= m.lifetime {
			delete(m.peers, key)
		}
	}
}

func (m *model) counts(s modelSwarm) Counts {
	c := Counts{Completed: m.done[s]}
	for key, p := range m.peers {
		if key.modelSwarm != s {
			continue
		}
		switch p.zone {
		case downloading:
			c.Downloaders++
		case partial:
			c.Partial++
		case seeding:
			c.Seeders++
		}
	}
	return c
}

// candidates are the peers that may be handed to the one who announced.
func (m *model) candidates(a Announce) (allowed map[netip.AddrPort]bool, seeds int) {
	allowed = map[netip.AddrPort]bool{}
	for key, p := range m.peers {
		if key.modelSwarm != swarmOf(a.Hash, a.From) || key.addr == netip.AddrPortFrom(a.From, a.Port) {
			continue
		}
		if zoneOf(a) == downloading || p.zone == downloading {
			allowed[key.addr] = true
		} else if a.Event == Started && p.zone == seeding {
			allowed[key.addr] = true
			seeds++
		}
	}
	return allowed, seeds
}

func randomAnnounce(rng *rand.Rand) Announce {
	a := Announce{
		Hash: infohash.Short{byte(rng.IntN(2))}, Port: uint16(2000 + rng.IntN(3)),
		Left: int64(rng.IntN(3)) - 1, Event: Event(rng.IntN(5)), NumWant: rng.IntN(40) - 1,
		From: netip.AddrFrom4([4]byte{10, 0, 0, byte(rng.IntN(20))}),
	}
	if rng.IntN(3) == 0 {
		a.From = netip.AddrFrom16([16]byte{0x20, 1, 15: byte(rng.IntN(9))})
	}
	return a
}

func TestTrackerDoesWhatTheModelDoes(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 9))
		cfg := Config{Interval: 10 * time.Minute, Lifetime: 15 * time.Minute, Listed: true}
		tr := New(cfg, rand.New(rand.NewPCG(seed, 10)))
		tr.Allow(infohash.Short{0})
		tr.Allow(infohash.Short{1})
		m := &model{lifetime: cfg.Lifetime, peers: map[modelKey]*modelPeer{}, done: map[modelSwarm]int{}}
		var now clock.Time
		for step := range 2000 {
			if step%10 == 0 { // whole minutes, so that both sweep at the same time
				now = now.Add(time.Duration(rng.IntN(4)) * time.Minute)
				m.sweep(now)
			}
			a := randomAnnounce(rng)
			allowed, seeds := m.candidates(a)
			m.announce(now, a)
			peers, answer, ok := tr.Announce(now, nil, a)
			if !ok {
				t.Fatal("a listed torrent is not served")
			}
			checkCounts(t, tr, m, now, a, answer)
			checkPeers(t, a, peers, allowed, seeds)
		}
	}
}

func checkCounts(t *testing.T, tr *Tracker, m *model, now clock.Time, a Announce, answer Answer) {
	t.Helper()
	want := m.counts(swarmOf(a.Hash, a.From))
	if answer.Counts != want {
		t.Fatalf("%+v: counts %+v, want %+v", a, answer.Counts, want)
	}
	if scraped, _ := tr.Scrape(now, a.Hash, a.From); scraped != want {
		t.Fatalf("scrape %+v, want %+v", scraped, want)
	}
	if _, peers := tr.Size(); peers != len(m.peers) {
		t.Fatalf("%d peers, want %d", peers, len(m.peers))
	}
	if answer.Interval < 9*time.Minute || answer.Interval > 11*time.Minute {
		t.Fatalf("interval %v", answer.Interval)
	}
}

func checkPeers(t *testing.T, a Announce, peers []netip.AddrPort, allowed map[netip.AddrPort]bool, seeds int) {
	t.Helper()
	want := a.NumWant
	if want < 0 {
		want = 50
	}
	if a.Event == Stopped {
		want = 0
	}
	if n := len(allowed) - seeds + min(seeds, startingSeeds); len(peers) != min(want, n) {
		t.Fatalf("%+v: %d peers of %d", a, len(peers), n)
	}
	seen := map[netip.AddrPort]bool{}
	for _, p := range peers {
		if !allowed[p] || seen[p] {
			t.Fatalf("%+v was handed %v (allowed %v, before %v)", a, p, allowed[p], seen[p])
		}
		seen[p] = true
	}
}

func peerAt(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}) }

func TestEverybodyIsChosenAlikeAndSeedsEnough(t *testing.T) {
	tr := New(Config{}, rand.New(rand.NewPCG(3, 4)))
	for i := range 100 { // 10 seeds, 90 downloaders
		left := int64(1)
		if i < 10 {
			left = 0
		}
		tr.Announce(0, nil, Announce{From: peerAt(i), Port: 6881, Left: left})
	}
	const rounds = 6000
	times := map[netip.Addr]int{}
	for range rounds {
		peers, _, _ := tr.Announce(0, nil, Announce{From: peerAt(99), Port: 6881, Left: 1, NumWant: 20})
		for _, p := range peers {
			times[p.Addr()]++
		}
	}
	for i := range 99 {
		want := 15.0 / 89 // downloaders share what a quarter of seeds leaves
		if i < 10 {
			want = 5.0 / 10
		}
		if got := float64(times[peerAt(i)]) / rounds; got < want*0.88 || got > want*1.12 {
			t.Errorf("peer %d was chosen %.3f times a round, want %.3f", i, got, want)
		}
	}
}

func TestTheHouseSeedIsHandedOutWhereItIsReached(t *testing.T) {
	tr := New(Config{Listed: true}, rand.New(rand.NewPCG(3, 4)))
	house := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:6881")}
	ask := Announce{From: peerAt(1), Port: 6881, Left: 1, NumWant: -1, House: house}
	if _, _, ok := tr.Announce(0, nil, ask); ok {
		t.Error("a torrent that is not listed was served")
	}
	tr.Seed(ask.Hash)
	peers, answer, _ := tr.Announce(0, nil, ask)
	if !slices.Equal(peers, house) || answer.Seeders != 1 || answer.Downloaders != 1 {
		t.Errorf("%v %+v", peers, answer)
	}
	ask.Left = 0
	if peers, answer, _ = tr.Announce(0, nil, ask); len(peers) != 0 || answer.Seeders != 2 {
		t.Errorf("a seed got %v %+v", peers, answer)
	}
	ask.Left, ask.From, ask.Port = 1, house[0].Addr(), house[0].Port()
	if peers, _, _ = tr.Announce(0, nil, ask); slices.Contains(peers, house[0]) {
		t.Error("the house was introduced to itself")
	}
}

func TestPortsThatCannotBeDialledAreCountedAndKept(t *testing.T) {
	tr := New(Config{}, rand.New(rand.NewPCG(3, 4)))
	tr.Announce(0, nil, Announce{From: peerAt(1), Port: 0, Left: 1})
	tr.Announce(0, nil, Announce{From: peerAt(2), Port: 25, Left: 1})
	peers, answer, _ := tr.Announce(0, nil, Announce{From: peerAt(3), Port: 2000, Left: 1, NumWant: 9})
	if len(peers) != 0 || answer.Downloaders != 3 {
		t.Errorf("%v %+v", peers, answer)
	}
}

func TestFullMeansAnsweredButNotKept(t *testing.T) {
	tr := New(Config{MaxSwarms: 2, MaxPeers: 3}, rand.New(rand.NewPCG(3, 4)))
	for i := range 10 {
		h := infohash.Short{byte(i % 4)}
		if _, _, ok := tr.Announce(0, nil, Announce{Hash: h, From: peerAt(i), Port: 2000, Left: 1, NumWant: 5}); !ok {
			t.Fatal("not answered")
		}
	}
	if swarms, peers := tr.Size(); swarms != 2 || peers != 3 {
		t.Errorf("%d swarms, %d peers", swarms, peers)
	}
	got, _, _ := tr.Announce(0, nil, Announce{From: peerAt(99), Port: 2000, Left: 1, NumWant: 5})
	if len(got) != 2 {
		t.Errorf("one who is not kept got %v", got)
	}
	later := clock.Time(0).Add(2 * time.Hour)
	tr.Announce(later, nil, Announce{From: peerAt(99), Port: 2000, Event: Stopped})
	if swarms, peers := tr.Size(); swarms != 0 || peers != 0 {
		t.Errorf("hours later: %d swarms, %d peers", swarms, peers)
	}
}

func BenchmarkAnnounce(b *testing.B) {
	tr := New(Config{}, rand.New(rand.NewPCG(3, 4)))
	for i := range 100 {
		tr.Announce(0, nil, Announce{From: peerAt(i), Port: 6881, Left: int64(i % 5)})
	}
	var dst []netip.AddrPort
	i := 0
	for b.Loop() {
		dst, _, _ = tr.Announce(0, dst[:0], Announce{From: peerAt(i % 100), Port: 6881, Left: int64(i % 5), NumWant: 30})
		i++
	}
}
