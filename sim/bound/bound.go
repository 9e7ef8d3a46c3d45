// Package bound says how fast a swarm can be at best.
//
// It knows lower bounds on distribution time that hold for every schedule of pieces; it refuses
// to know protocols, delays and anything that was measured. Called by sim for its reports and as
// a check on itself: a run that beats a bound is a bug. Units are megabits, megabits per second
// and seconds. Values are plain and safe to share. Start reading at Swarm and Of.
package bound

import (
	"cmp"
	"math"
	"slices"
)

// Peer is one who wants the file.
type Peer struct {
	Up, Down float64 // Mbit/s; Up is 0 for a free rider, Down 0 means without limit
	At       float64 // arrival, s
}

// Swarm is what the bounds depend on.
type Swarm struct {
	File, Piece float64 // Mbit
	Seeds       float64 // uplinks of all first holders together, Mbit/s
	Copies      float64 // the seeds leave after so many copies; 0 = they stay
	Peers       []Peer
}

// Terms are the bounds one by one; Min is the largest of Slowest, Seed and Capacity.
type Terms struct {
	Slowest  float64 // arrival and F / downlink, of the peer for whom the sum is largest
	Once     float64 // F / u_s: every bit leaves the seeds once
	Fluid    float64 // N F / U: total capacity; what departed seeds gave is taken off both sides
	Spread   float64 // how long the piece that leaves the seeds last takes to reach the others
	Seed     float64 // Once + Spread
	Capacity float64 // as Fluid, but nobody uploads before owning a piece
	Min      float64 // no schedule lets the last peer finish earlier
	Mean     float64 // no schedule lets the average peer finish earlier (from time 0)
}

// Of computes the bounds of s, which must have a peer, a seed and positive sizes.
func Of(s Swarm) Terms {
	byUp := slices.Clone(s.Peers)
	slices.SortStableFunc(byUp, func(a, b Peer) int { return cmp.Compare(b.Up, a.Up) })
	var t Terms
	for _, p := range s.Peers {
		t.Slowest = max(t.Slowest, p.At+s.down(p))
	}
	t.Once = s.File / s.Seeds
	t.Fluid = s.fluid()
	t.Spread = s.lastSpread(byUp)
	t.Seed = t.Once + t.Spread
	t.Capacity = s.capacity(byUp)
	t.Min = max(t.Slowest, t.Seed, t.Capacity)
	t.Mean = s.mean()
	return t
}

// down returns the time that p's own downlink needs.
func (s Swarm) down(p Peer) float64 {
	if p.Down == 0 {
		return 0
	}
	return s.File / p.Down
}

// Uplinks returns the uplinks of the peers together, without the seeds.
func (s Swarm) Uplinks() float64 {
	sum := 0.0
	for _, p := range s.Peers {
		sum += p.Up
	}
	return sum
}

func (s Swarm) fluid() float64 {
	n := float64(len(s.Peers))
	if s.Copies > 0 {
		return (n - s.Copies) * s.File / s.Uplinks()
	}
	return n * s.File / (s.Seeds + s.Uplinks())
}

// lastSpread is the spread of the piece that leaves the seeds last: then one peer outside holds
// it, the fastest at best, and the seeds help unless they have left.
func (s Swarm) lastSpread(byUp []Peer) float64 {
	holders := byUp[0].Up
	if s.Copies == 0 {
		holders += s.Seeds
	}
	times := Spread(s.Piece, holders, byUp[1:])
	if len(times) == 0 {
		return 0
	}
	return times[len(times)-1]
}

// Spread returns the earliest times at which one more of the peers, in the order given, holds a
// piece that is held by others with these uplinks together: all holders complete one receiver
// after another, who then helps. No schedule completes more copies by any of these times.
func Spread(piece, holders float64, peers []Peer) []float64 {
	times := make([]float64, len(peers))
	at := 0.0
	for i, p := range peers {
		at += piece / holders
		holders += p.Up
		times[i] = at
	}
	return times
}

// capacity is the earliest time at which everybody's uplinks can have carried all copies, where
// the i-th peer owns no piece before the i-th time of a spread from the seeds.
func (s Swarm) capacity(byUp []Peer) float64 {
	first := Spread(s.Piece, s.Seeds, byUp)
	for i, p := range byUp {
		first[i] = max(first[i], p.At)
	}
	need := float64(len(byUp)) * s.File
	carried := func(t float64) float64 {
		sum := s.Seeds * t
		if s.Copies > 0 {
			sum = min(sum, s.Copies*s.File)
		}
		for i, p := range byUp {
			sum += float64(p.Up * max(0, t-first[i]))
		}
		return sum
	}
	low, high := 0.0, 1.0
	for carried(high) < need {
		low, high = high, 2*high
	}
	for range 100 {
		if mid := (low + high) / 2; carried(mid) < need {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// mean bounds the k-th finisher of an empty swarm by the seeds, by the k-th best downlink and by
// what k copies need of all uplinks, and averages over k.
func (s Swarm) mean() float64 {
	byDown := slices.Clone(s.Peers)
	slices.SortStableFunc(byDown, func(a, b Peer) int { return cmp.Compare(s.down(a), s.down(b)) })
	all := s.Seeds + s.Uplinks()
	sum := 0.0
	for i, p := range byDown {
		sum += max(s.File/s.Seeds, s.down(p), float64(i+1)*s.File/all)
	}
	return sum / float64(len(byDown))
}

// Finish bounds one peer: it needs its downlink, and everybody else's uplinks.
func (s Swarm) Finish(p Peer) float64 {
	return p.At + max(s.down(p), s.File/(s.Seeds+s.Uplinks()-p.Up))
}

// Cut bounds the time to give n peers the file when only these uplinks together reach them, as
// with peers behind firewalls.
func Cut(n int, file, uplinks float64) float64 { return float64(n) * file / uplinks }

// OneSource is the exact optimum where all uplinks are equal, downlinks are free, and each piece
// is copied from one source (Mundinger, Weber, Weiss 2008). Blocks from several sources beat it
// by a little, so it is a reference, no bound.
func OneSource(file, up float64, peers, pieces int) float64 {
	return file / up * (1 + math.Floor(math.Log2(float64(peers)))/float64(pieces))
}

// Steady is the mean time of a peer in an open swarm that is balanced by uplinks (Qiu, Srikant
// 2004, with a permanent seed): perfect use of uplinks, free downlinks. perSecond is the rate of
// arrivals, stay the mean time a peer seeds when done.
func Steady(file, up, seeds, perSecond, stay float64) float64 {
	return file/up - stay - seeds/(perSecond*up)
}
