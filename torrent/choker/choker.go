// Package choker decides which peers may download from us.
//
// It knows slots, turns and rates, as its one caller, the swarm, tells them; it refuses to know
// pieces, messages and sockets. Leeching, slots go to those who give most, and some to others in
// turn; seeding, to everybody in turn. Rates are bytes per second; a Choker is not safe for
// concurrent use and draws every random tie from the source given to New. Start reading at Round.
package choker

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"groove/internal/clock"
)

// Mode says what earns a slot.
type Mode uint8

// The modes. A partial seed that wants nothing more is Seeding.
const (
	Leeching Mode = iota // what a peer gives us
	Seeding              // how long it has waited
)

// Config is what an owner may choose. The zero Config is automatic.
type Config struct {
	Slots      int           // 0 = automatic, see Choker.Slots
	Round      time.Duration // 0 = RoundNormal
	Optimistic time.Duration // 0 = OptimisticTime
	UpLimit    int64         // upload limit of the torrent in B/s, 0 = none
}

// Peer is what the choker looks at of one connected peer.
type Peer struct {
	ID         uint32 // unique among the peers of one call
	Interested bool
	Unchoked   bool
	Snubbed    bool       // has not sent a block that it owes us for 60 s
	HasNothing bool       // owns no piece
	DownRate   int64      // B/s that we get from it, over 20 s
	UpRate     int64      // B/s that it gets from us
	Since      clock.Time // when it was choked or unchoked last
	Given      int64      // bytes given since it was unchoked
	Joined     clock.Time
	Want       int // pieces that we could give it; 0 lets it wait behind all others, -1 = unknown
}

// Decision is a change: a peer to unchoke or to choke.
type Decision struct {
	ID      uint32
	Unchoke bool
}

// Choker decides for one torrent. Make one with New.
type Choker struct {
	cfg    Config
	rng    *rand.Rand
	next   clock.Time
	slots  slots
	grants []grant // optimistic slots, by ID
	seats  []seat  // scratch
}

// grant is an optimistic slot, given at an instant.
type grant struct {
	id uint32
	at clock.Time
}

// seat is a peer while it is ranked.
type seat struct {
	*Peer
	rank    rank
	key     int64 // among equal ranks, the greatest first
	tie     uint32
	granted clock.Time // its optimistic slot, or Never
}

// rank orders peers; the first ones get the slots.
type rank uint8

const (
	holds    rank = iota // has a slot and keeps it
	earns                // gives us most
	tried                // has an optimistic slot whose time is not over
	waits                // is choked
	had                  // has a slot whose time is over
	sated                // is interested, but has all that we have
	outsider             // is not interested
)

// New returns a Choker for one torrent.
func New(cfg Config, rng *rand.Rand) *Choker {
	c := &Choker{rng: rng, next: clock.Never}
	c.Configure(cfg)
	return c
}

// Configure replaces the configuration; it takes effect at the next Round or Fill.
func (c *Choker) Configure(cfg Config) {
	if cfg.Round <= 0 {
		cfg.Round = RoundNormal
	}
	if cfg.Optimistic <= 0 {
		cfg.Optimistic = OptimisticTime
	}
	c.cfg = cfg
}

// NextDeadline returns when Round wants to be called; Never while nobody is interested.
func (c *Choker) NextDeadline() clock.Time { return c.next }

// Slots returns how many peers may be unchoked at the same time. Automatic, it is 3 and one more per
// 4 Mbit/s of uplink, 40 at most, and no more than leave 16 KiB/s to each slot. The uplink is what was
// measured at best, forgotten slowly. Where peers are too slow to fill it that way, one slot more is
// tried while all slots are in use and others wait: after 20 s it stays if the upload rose by more than
// half of what a slot gave before, and the next is tried; else it goes for two minutes.
func (c *Choker) Slots() int { return c.slots.count(c.cfg) }

// Round appends to dst what changes in a new round, sorted by ID. upRate is the upload of the torrent
// in B/s over the last 10 or 20 s. Afterwards no more than Slots peers are unchoked, and nobody
// interested is choked while a slot is free.
func (c *Choker) Round(now clock.Time, mode Mode, upRate int64, peers []Peer, dst []Decision) []Decision {
	c.load(peers)
	c.slots.measure(now, upRate, c.fullHouse(), c.cfg)
	if mode == Seeding {
		c.rankInTurn(now, upRate)
	} else {
		c.rankByGift(now)
	}
	c.schedule(now, true)
	return c.decide(now, mode, dst)
}

// Fill appends to dst what changes because a slot became free or somebody became interested, sorted by
// ID: free slots are given away at once, and nobody interested loses his.
func (c *Choker) Fill(now clock.Time, mode Mode, peers []Peer, dst []Decision) []Decision {
	c.load(peers)
	if mode == Seeding {
		c.rankInTurn(now, 0)
	} else {
		c.rankByGift(now)
	}
	for i := range c.seats {
		if s := &c.seats[i]; s.Unchoked && s.Interested {
			s.rank = holds
		}
	}
	c.schedule(now, false)
	return c.decide(now, mode, dst)
}

// load takes the peers in, in the order of their IDs, so that the caller's order decides nothing.
func (c *Choker) load(peers []Peer) {
	c.seats = c.seats[:0]
	for i := range peers {
		c.seats = append(c.seats, seat{Peer: &peers[i], granted: clock.Never})
	}
	slices.SortFunc(c.seats, func(a, b seat) int { return cmp.Compare(a.ID, b.ID) })
	for i := range c.seats {
		s := &c.seats[i]
		if !s.Interested {
			continue
		}
		s.tie = c.rng.Uint32()
		at, ok := slices.BinarySearchFunc(c.grants, s.ID, func(g grant, id uint32) int { return cmp.Compare(g.id, id) })
		if ok && s.Unchoked {
			s.granted = c.grants[at].at
		}
	}
}

// fullHouse reports whether every slot is in use and somebody waits for one.
func (c *Choker) fullHouse() bool {
	used, waiting := 0, false
	for i := range c.seats {
		switch s := &c.seats[i]; {
		case !s.Interested || s.Want == 0:
		case s.Unchoked:
			used++
		default:
			waiting = true
		}
	}
	return waiting && used >= c.Slots()
}

// schedule sets the time of the next round.
func (c *Choker) schedule(now clock.Time, round bool) {
	switch {
	case !slices.ContainsFunc(c.seats, func(s seat) bool { return s.Interested }):
		c.next = clock.Never
	case round || c.next == clock.Never:
		c.next = now.Add(c.cfg.Round)
	}
}

// decide gives the slots to the first in rank. Who is unchoked without interest keeps a slot that
// nobody else needs: when its interest returns it need not wait for a message of ours.
func (c *Choker) decide(now clock.Time, mode Mode, dst []Decision) []Decision {
	slices.SortFunc(c.seats, seat.compare)
	first, left := len(dst), c.Slots()
	c.grants = c.grants[:0]
	for i := range c.seats {
		s := &c.seats[i]
		chosen := left > 0 && (s.Interested || s.Unchoked)
		if chosen {
			left--
		}
		if chosen && mode == Leeching {
			c.grant(now, s)
		}
		if chosen != s.Unchoked {
			dst = append(dst, Decision{ID: s.ID, Unchoke: chosen})
		}
	}
	slices.SortFunc(c.grants, func(a, b grant) int { return cmp.Compare(a.id, b.id) })
	slices.SortFunc(dst[first:], func(a, b Decision) int { return cmp.Compare(a.ID, b.ID) })
	return dst
}

// grant notes the optimistic slot of a peer that got or keeps one.
func (c *Choker) grant(now clock.Time, s *seat) {
	switch {
	case !s.Unchoked && s.rank != earns:
		c.grants = append(c.grants, grant{id: s.ID, at: now})
	case s.granted != clock.Never && (s.rank == tried || s.rank == holds):
		c.grants = append(c.grants, grant{id: s.ID, at: s.granted})
	}
}

// compare orders seats: by rank, then key, then at random, then by ID.
func (s seat) compare(t seat) int {
	return cmp.Or(cmp.Compare(s.rank, t.rank), cmp.Compare(t.key, s.key), cmp.Compare(s.tie, t.tie), cmp.Compare(s.ID, t.ID))
}
