package tracker

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"groove/internal/clock"
)

// introduce appends the peers for the one who announced, who stands at a place, or nowhere (-1).
func (t *Tracker) introduce(dst []netip.AddrPort, f *family, a Announce, self netip.AddrPort, place int) []netip.AddrPort {
	want := a.NumWant
	if want < 0 {
		want = defaultWant
	}
	want = min(want, MaxWant)
	lacking := zoneOf(a) == downloading
	starting := a.Event == Started // some clients say that they lack nothing while they have a magnet link alone
	if (lacking || starting) && t.listed[a.Hash] {
		for _, house := range a.House {
			if want > 0 && house != self {
				dst = append(dst, house)
				want--
			}
		}
	}
	if f == nil {
		return dst
	}
	seeds := span{f.border[partial], f.border[seeding], place}
	if !lacking {
		before := len(dst)
		dst = t.chooser.choose(dst, t.rng, f, span{0, f.border[downloading], place}, want)
		if starting {
			dst = t.chooser.choose(dst, t.rng, f, seeds, min(want-(len(dst)-before), startingSeeds))
		}
		return dst
	}
	others := span{0, f.border[partial], place}
	s := t.seedsAmong(want, seeds.size(), others.size())
	dst = t.chooser.choose(dst, t.rng, f, seeds, s)
	return t.chooser.choose(dst, t.rng, f, others, want-s)
}

// seedsAmong says how many of the peers wanted are to be seeds: their share of the swarm, but at
// least a quarter of what is wanted, and whatever the others leave free.
func (t *Tracker) seedsAmong(want, seeds, others int) int {
	if seeds+others == 0 {
		return 0
	}
	share := want * seeds / (seeds + others)
	if t.rng.IntN(seeds+others) < want*seeds%(seeds+others) {
		share++
	}
	return min(max(share, want/seedShare, want-others), seeds, want)
}

// span is the places from, up to but without to, of which one is left out.
type span struct {
	from, to int
	without  int
}

func (s span) has(place int) bool { return s.from <= place && place < s.to }

func (s span) size() int {
	if s.has(s.without) {
		return s.to - s.from - 1
	}
	return s.to - s.from
}

// place returns the n-th place of the span.
func (s span) place(n int) int {
	if s.has(s.without) && s.from+n >= s.without {
		n++
	}
	return s.from + n
}

// chooser holds what choosing needs again and again.
type chooser struct {
	taken []uint64 // a bit for each place; clear between calls
	picks []int
}

// choose appends up to k peers of a span, each set of k as likely as any other (Floyd), without
// those that cannot be handed out.
func (c *chooser) choose(dst []netip.AddrPort, rng *rand.Rand, f *family, s span, k int) []netip.AddrPort {
	n := s.size()
	k = min(k, n)
	if k <= 0 {
		return dst
	}
	for len(c.taken) <= n/64 {
		c.taken = append(c.taken, 0)
	}
	c.picks = c.picks[:0]
	for j := n - k; j < n; j++ {
		pick := rng.IntN(j + 1)
		if c.taken[pick/64]>>(pick%64)&1 == 1 {
			pick = j
		}
		c.taken[pick/64] |= 1 << (pick % 64)
		c.picks = append(c.picks, pick)
	}
	for _, pick := range c.picks {
		c.taken[pick/64] = 0
		if addr := f.peers[s.place(pick)].addr; addr.Port() >= lowestPort {
			dst = append(dst, addr)
		}
	}
	return dst
}

// expire removes who was silent for the lifetime and returns how many.
func (f *family) expire(now clock.Time, lifetime time.Duration) (gone int) {
	for at := 0; at < len(f.peers); {
		if now.Sub(f.peers[at].seen) < lifetime {
			at++
			continue
		}
		f.remove(at)
		gone++
	}
	return gone
}
