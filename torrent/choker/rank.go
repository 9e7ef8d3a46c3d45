package choker

import (
	"cmp"
	"slices"
	"time"

	"groove/internal/clock"
)

// rankByGift is the order of a leecher: those who give most, then others in turn. One slot in five is
// for the others, and every slot that nobody earns. Who does not send what it owes us, or sends
// nothing, has only the others' slots.
func (c *Choker) rankByGift(now clock.Time) {
	c.markEarners()
	for i := range c.seats {
		s := &c.seats[i]
		switch {
		case s.rank == earns || s.rankOutside():
		case !s.Unchoked:
			s.rank, s.key = waits, s.score(now)
		case s.granted != clock.Never && now < s.granted.Add(c.cfg.Optimistic):
			s.rank, s.key = tried, int64(s.granted)
		default:
			s.rank, s.key = had, s.DownRate
		}
	}
}

// markEarners gives the rank of earns to those who give most.
func (c *Choker) markEarners() {
	slots := c.Slots()
	left := slots - min((slots+optimisticShare-1)/optimisticShare, slots-1)
	slices.SortFunc(c.seats, func(a, b seat) int {
		return cmp.Or(cmp.Compare(b.gift(), a.gift()), cmp.Compare(b.open(), a.open()), cmp.Compare(a.tie, b.tie), cmp.Compare(a.ID, b.ID))
	})
	for i := range c.seats {
		s := &c.seats[i]
		s.rank = had
		if i < left && s.gift() > 0 {
			s.rank, s.key = earns, s.DownRate
		}
	}
}

// gift returns what counts of the peer's rate: nothing if it could not use a slot or is snubbed.
func (s seat) gift() int64 {
	if !s.Interested || s.Want == 0 || s.Snubbed {
		return 0
	}
	return s.DownRate
}

// open orders equals: who has a slot goes before others, an optimistic one counting less.
func (s seat) open() int64 {
	switch {
	case !s.Unchoked:
		return 0
	case s.granted != clock.Never:
		return 1
	}
	return 2
}

// rankInTurn is the order of a seed: who has a slot keeps it for its quota, then those who wait, the
// longest first.
func (c *Choker) rankInTurn(now clock.Time, upRate int64) {
	slow := max(min(minSlotRate, upRate/int64(4*c.Slots())), 1)
	for i := range c.seats {
		s := &c.seats[i]
		switch {
		case s.rankOutside():
		case !s.Unchoked:
			s.rank, s.key = waits, int64(s.wait(now))
		case s.usedUp(now, slow):
			s.rank, s.key = had, int64(s.Since)
		default:
			s.rank, s.key = holds, int64(s.Since)
		}
	}
}

// usedUp reports whether the turn of an unchoked peer is over: after its quota, or after the quota's
// time if it takes less than slow, a quarter of what a slot gives on average.
func (s seat) usedUp(now clock.Time, slow int64) bool {
	return now.Sub(s.Since) >= quotaTime && (s.Given >= quotaBytes || s.UpRate < slow)
}

// rankOutside ranks those who have no use for a slot; it reports whether s is one of them.
func (s *seat) rankOutside() bool {
	switch {
	case !s.Interested:
		s.rank, s.key = outsider, int64(s.Since)
	case s.Want == 0:
		s.rank, s.key = sated, s.open()
	default:
		return false
	}
	return true
}

// wait returns for how long a peer has been choked. It begins with the connection: who comes back
// stands at the end of the line.
func (s seat) wait(now clock.Time) time.Duration {
	return max(now.Sub(max(s.Since, s.Joined)), 0)
}

// score is the weight of a choked peer for an optimistic slot.
func (s seat) score(now clock.Time) int64 {
	score := int64(s.wait(now) + time.Second)
	if s.HasNothing {
		score *= emptyWeight
	}
	return score
}
