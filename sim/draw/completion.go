package draw

import (
	"slices"

	"groove/internal/clock"
	"groove/sim"
)

// completion draws who had everything when, a line a group.
func completion(c *canvas, b box, r *sim.Result) {
	name := "seconds"
	for _, g := range r.Story.Groups {
		if g.PerSecond > 0 {
			name = "seconds since arrival"
		}
	}
	in := panel(c, b, "Who had everything when", "share of each group that is complete")
	groups := finishTimes(r)
	high := r.Report.Bound.Min
	for _, times := range groups {
		if len(times) > 0 {
			high = max(high, times[len(times)-1])
		}
	}
	x := scale{0, high * 1.04, float64(in.x), float64(in.x + in.w)}
	y := scale{0, 100, float64(in.y + in.h), float64(in.y)}
	axes(c, in, x, y, name, "%")
	palette := colours(r.Story)
	var names, used []string
	for g, times := range groups {
		if len(times) == 0 {
			continue
		}
		steps(c, times, r.Story.Groups[g].Count, x, y, palette[g])
		names, used = append(names, r.Story.Groups[g].Name), append(used, palette[g])
	}
	if name == "seconds" {
		at := x.at(r.Report.Bound.Min)
		c.printf(`<path class="bound" d="M%.1f %dV%d"/>`, at, in.y, in.y+in.h)
		c.printf(`<text class="tick boundname" x="%.1f" y="%d" text-anchor="end">T_min</text>`, at-6, in.y+in.h/2)
	}
	if len(names) > 1 {
		legend(c, b, names, used)
	}
}

// finishTimes lists, by group, how long its nodes needed, sorted; nothing for seeds.
func finishTimes(r *sim.Result) [][]float64 {
	groups := make([][]float64, len(r.Story.Groups))
	for i, p := range r.Tally.People {
		if p.Done != clock.Never && !r.Story.Groups[p.Group].Seed {
			groups[p.Group] = append(groups[p.Group], r.Tally.Took(i))
		}
	}
	for _, times := range groups {
		slices.Sort(times)
	}
	return groups
}

// steps draws a cumulative distribution.
func steps(c *canvas, times []float64, count int, x, y scale, colour string) {
	p := canvas{}
	p.printf("M%.1f %.1f", x.at(times[0]), y.at(0))
	for i, v := range times {
		p.printf("H%.1fV%.1f", x.at(v), y.at(100*float64(i+1)/float64(count)))
	}
	c.printf(`<path class="line" stroke="%s" d="%s"/>`, colour, p.out)
}
