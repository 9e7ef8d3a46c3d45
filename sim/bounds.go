package sim

import (
	"time"

	"groove/internal/clock"
	"groove/sim/bound"
	"groove/sim/stories"
)

// mbit is the number of bytes in a megabit.
const mbit = 125_000

// boundary describes a story as the bounds see it, which no run can beat. Where peers come one by
// one, their real times of arrival are taken from the tally.
func boundary(story stories.Story, t *Tally) bound.Swarm {
	missing := leastMissing(story)
	s := bound.Swarm{
		File:  float64(missing) * float64(story.PieceLength) / mbit,
		Piece: float64(story.PieceLength) / mbit,
	}
	first := 0
	for _, g := range story.Groups {
		switch {
		case g.Seed:
			s.Seeds += float64(g.Count) * g.Up
			if g.Leave == stories.LeaveOnceOut {
				s.Copies = 1
			}
		case g.Conduct.Hostile():
		default:
			s.Peers = appendPeers(s.Peers, g, story.From, t.People[first:first+g.Count])
		}
		first += g.Count
	}
	return s
}

// appendPeers appends a group as bounds see it. Coming within the first seconds counts as coming at
// once, which keeps the bound a bound.
func appendPeers(list []bound.Peer, g stories.Group, from time.Duration, people []Person) []bound.Peer {
	for _, p := range people {
		b := bound.Peer{Up: g.Up, Down: g.Down}
		if g.Conduct == stories.Rider {
			b.Up = 0
		}
		if g.PerSecond > 0 && p.Joined != clock.Never {
			b.At = seconds(p.Joined)
		}
		if g.At > from {
			b.At = (g.At - from).Seconds()
		}
		list = append(list, b)
	}
	return list
}

func seconds(t clock.Time) float64 { return time.Duration(t).Seconds() }

// expected is the time that an average peer needs at best: in an open swarm that of the steady
// state, else the mean bound.
func expected(story stories.Story, s bound.Swarm, terms bound.Terms) float64 {
	for _, g := range story.Groups {
		if g.PerSecond > 0 {
			return bound.Steady(s.File, g.Up, s.Seeds, g.PerSecond, g.Stay.Seconds())
		}
	}
	return terms.Mean
}
