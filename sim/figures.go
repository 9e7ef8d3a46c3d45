package sim

import (
	"fmt"
	"slices"

	"groove/internal/clock"
	"groove/sim/bound"
	"groove/sim/link"
	"groove/sim/stories"
)

// report computes the figures of a run.
func (t *Tally) report(seed uint64) Report {
	limits := boundary(t.Story, t)
	terms := bound.Of(limits)
	r := Report{Story: t.Story.Name, Title: t.Story.Title, Seed: seed, Bound: terms, Nodes: len(t.People), Events: t.Events}
	t.reportTimes(&r, expected(t.Story, limits, terms))
	t.reportSeed(&r)
	t.reportWaste(&r)
	t.reportTraffic(&r)
	t.reportRiders(&r)
	r.add("scarce_seconds", "a piece had fewer than two holders for", t.scarce(), "s", len(t.measured()) > 0 && t.Story.Arrivals[1] > 0)
	for g := range t.Story.Groups {
		r.Groups = append(r.Groups, t.groupReport(g))
	}
	r.judge(t.Story.Marks)
	r.Impossible = t.impossible(limits, terms)
	return r
}

// measured lists the nodes whose times count: all that are waited for, or those arrivals that the
// story names.
func (t *Tally) measured() []int {
	var list []int
	for i := range t.People {
		if t.Awaited(i) && t.People[i].Joined != clock.Never {
			list = append(list, i)
		}
	}
	if last := t.Story.Arrivals[1]; last > 0 {
		slices.SortStableFunc(list, func(a, b int) int { return int(t.People[a].Joined - t.People[b].Joined) })
		list = list[min(t.Story.Arrivals[0]-1, len(list)):min(last, len(list))]
	}
	return list
}

// Took is how many seconds a node that is done needed: from when the story begins to measure, or from its own arrival
// where peers come one by one.
func (t *Tally) Took(node int) float64 {
	p := &t.People[node]
	if t.Story.Groups[p.Group].PerSecond > 0 {
		return seconds(p.Done - p.Joined)
	}
	return seconds(p.Done - clock.Time(t.Story.From))
}

// times lists how long the done ones of these nodes needed, sorted.
func (t *Tally) times(nodes []int) []float64 {
	var list []float64
	for _, i := range nodes {
		if t.People[i].Done != clock.Never {
			list = append(list, t.Took(i))
		}
	}
	slices.Sort(list)
	return list
}

func (t *Tally) reportTimes(r *Report, expected float64) {
	nodes := t.measured()
	times := t.times(nodes)
	unfinished := len(nodes) - len(times)
	last := 0.0
	for _, i := range nodes {
		if d := t.People[i].Done; d != clock.Never {
			last = max(last, seconds(d-clock.Time(t.Story.From)))
		}
	}
	all := len(times) > 0 && unfinished == 0
	r.add("last_seconds", "last finisher", last, "s", all)
	r.add("last_over_tmin", "against T_min", last/r.Bound.Min, "x", all && t.Story.Arrivals[1] == 0)
	r.add("mean_seconds", "mean finisher", mean(times), "s", len(times) > 0)
	r.add("mean_over_bound", "against its bound", mean(times)/expected, "x", len(times) > 0)
	r.add("unfinished", "unfinished", float64(unfinished), "", true)
	var firsts []float64
	for _, i := range nodes {
		if p := &t.People[i]; p.First != clock.Never {
			firsts = append(firsts, seconds(p.First-max(p.Joined, clock.Time(t.Story.From))))
		}
	}
	slices.Sort(firsts)
	r.add("first_piece_seconds", "first piece after (median)", median(firsts), "s", len(firsts) > 0)
}

// impossible says how the run beat a bound, which only a simulator with a bug can; "" as a rule.
func (t *Tally) impossible(limits bound.Swarm, terms bound.Terms) string {
	last, done := 0.0, true
	for i, k := 0, 0; i < len(t.People); i++ {
		if !t.Awaited(i) {
			continue
		}
		p, limit := &t.People[i], limits.Finish(limits.Peers[k])
		k++
		at := seconds(p.Done - clock.Time(t.Story.From))
		if p.Done != clock.Never && at < limit {
			return fmt.Sprintf("node %d finished after %.3f s, and cannot before %.3f s", i, at, limit)
		}
		done = done && p.Done != clock.Never
		last = max(last, at)
	}
	if done && last < terms.Min {
		return fmt.Sprintf("the last finished after %.3f s, and cannot before T_min of %.3f s", last, terms.Min)
	}
	return ""
}

func (t *Tally) reportSeed(r *Report) {
	file := float64(leastMissing(t.Story)) * float64(t.Story.PieceLength)
	r.add("seed_copies", "seed sent until the others had all", float64(t.SeedSent)/file, "x F", t.CoveredAt != clock.Never)
	r.add("seed_sent", "seed sent in all", float64(t.sentBySeeds())/file, "x F", true)
}

func (t *Tally) reportWaste(r *Report) {
	arrived := float64(t.Useful + t.Duplicate)
	r.add("duplicates", "blocks not needed", float64(t.Duplicate)/arrived, "%", arrived > 0)
	r.add("waste", "with pieces that failed their hash", float64(t.Duplicate+t.Spoiled)/arrived, "%", arrived > 0)
	r.add("hash_fail_bytes", "bytes of such pieces", float64(t.Spoiled), "", true)
	most := 0
	for _, n := range t.lies { // a maximum: order cannot show
		most = max(most, n)
	}
	r.add("corrupt_pieces_per_node", "most pieces one liar spoiled for one node", float64(most), "", t.Spoiled > 0)
}

func (t *Tally) reportTraffic(r *Report) {
	var sum link.Traffic
	for i := range t.People {
		x := t.net.Traffic(link.Node(i))
		sum.UpPayload += x.UpPayload
		sum.UpControl += x.UpControl
		sum.UpAcks += x.UpAcks
	}
	payload := float64(sum.UpPayload)
	r.add("uplink_busy", "uplinks busy, 10 to 90 % of bytes", t.busy(), "%", len(t.Uses) > 2)
	r.add("control_share", "control messages", float64(sum.UpControl)/payload, "%", payload > 0)
	r.add("ack_share", "acks", float64(sum.UpAcks)/payload, "%", payload > 0)
}

// busy is the share of the uplinks of those who give that was used while the middle 80 % of the
// useful bytes arrived.
func (t *Tally) busy() float64 {
	var used, possible int64
	before := int64(0)
	for _, s := range t.Uses {
		if before >= t.Useful/10 && s.Useful <= t.Useful-t.Useful/10 {
			for g := range s.Used {
				if t.Gives(g) {
					used += s.Used[g]
					possible += s.Possible[g]
				}
			}
		}
		before = s.Useful
	}
	if possible == 0 {
		return 0
	}
	return float64(used) / float64(possible)
}

// reportRiders compares those who give with those who do not.
func (t *Tally) reportRiders(r *Report) {
	var riders, givers []int
	for _, i := range t.measured() {
		if t.Story.Groups[t.People[i].Group].Conduct == stories.Rider {
			riders = append(riders, i)
		} else {
			givers = append(givers, i)
		}
	}
	slow, fast := t.times(riders), t.times(givers)
	both := len(slow) > 0 && len(fast) > 0
	r.add("rider_delay", "median rider against median giver", median(slow)/median(fast), "x", both)
	ahead := (t.progress(givers, aheadAt) - t.progress(riders, aheadAt)) / float64(t.Story.Pieces)
	r.add("givers_ahead", "givers ahead of riders at 200 s, of the file", ahead, "%", both)
}

// progress is the mean number of pieces that the nodes had verified at a time.
func (t *Tally) progress(nodes []int, at clock.Time) float64 {
	sum := 0
	for _, g := range t.Pieces {
		if g.At <= at && slices.Contains(nodes, int(g.Node)) {
			sum++
		}
	}
	return float64(sum) / float64(max(len(nodes), 1))
}

// scarce is the longest time for which one piece had fewer than two holders, in seconds, while
// those came whose times count.
func (t *Tally) scarce() float64 {
	nodes := t.measured()
	if len(nodes) == 0 {
		return 0
	}
	from, to := t.People[nodes[0]].Joined, t.People[nodes[len(nodes)-1]].Joined
	longest := 0.0
	for p := range t.Story.Pieces {
		low := from // since when there are fewer than two
		for _, c := range t.holders(p) {
			switch {
			case c.at > to:
			case c.copies < 2 && low == clock.Never:
				low = max(c.at, from)
			case c.copies >= 2 && low != clock.Never:
				longest = max(longest, seconds(c.at-low))
				low = clock.Never
			}
		}
		if low != clock.Never {
			longest = max(longest, seconds(to-low))
		}
	}
	return longest
}

// change is the number of holders of a piece from a time on.
type change struct {
	at     clock.Time
	copies int
}

// holders lists how the number of holders of a piece changed.
func (t *Tally) holders(piece int) []change {
	var list []change
	for _, p := range t.People {
		if g := &t.Story.Groups[p.Group]; g.Seed || g.Missing > 0 && piece < t.Story.Pieces-g.Missing {
			list = append(list, change{p.Joined, 1}, change{p.Left, -1})
		}
	}
	for _, g := range t.Pieces {
		if int(g.Piece) == piece {
			list = append(list, change{g.At, 1}, change{t.People[g.Node].Left, -1})
		}
	}
	slices.SortStableFunc(list, func(a, b change) int { return int(a.at - b.at) })
	sum := 0
	for i := range list {
		sum += list[i].copies
		list[i].copies = sum
	}
	return list
}

func (t *Tally) groupReport(group int) GroupReport {
	g := t.Story.Groups[group]
	var nodes []int
	for i, p := range t.People {
		if p.Group == group && !g.Seed {
			nodes = append(nodes, i)
		}
	}
	times := t.times(nodes)
	r := GroupReport{Name: g.Name, Count: g.Count, Done: len(times), Median: median(times), Mean: mean(times)}
	if len(times) > 0 {
		r.Last = times[len(times)-1]
	}
	var used, possible int64
	for _, s := range t.Uses {
		used += s.Used[group]
		possible += s.Possible[group]
	}
	if possible > 0 {
		r.Uplink = float64(used) / float64(possible)
	}
	return r
}

func mean(sorted []float64) float64 {
	sum := 0.0
	for _, x := range sorted {
		sum += x
	}
	return sum / float64(max(len(sorted), 1))
}

func median(sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
