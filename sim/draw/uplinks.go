package draw

import (
	"groove/sim"
)

// uplinks draws how much of their capacity the uplinks carried, second by second: of the seeds, and
// of all peers who give.
func uplinks(c *canvas, b box, r *sim.Result) {
	in := panel(c, b, "How busy the uplinks were", "payload, control messages and acks, of what the lines could carry")
	uses := r.Tally.Uses
	if len(uses) == 0 {
		return
	}
	first, last := r.Story.From.Seconds(), seconds(uses[len(uses)-1])
	x := scale{first, max(last, first+1), float64(in.x), float64(in.x + in.w)}
	y := scale{0, 100, float64(in.y + in.h), float64(in.y)}
	axes(c, in, x, y, "seconds", "%")
	peers := func(g int) bool { return r.Tally.Gives(g) && !r.Story.Groups[g].Seed }
	seeds := func(g int) bool { return r.Story.Groups[g].Seed }
	c.printf(`<path fill="%s" fill-opacity="0.25" d="M%.1f %.1f%sV%.1fz"/>`,
		wheel[0], x.from, y.from, trace(uses, peers, x, y, 'L'), y.from)
	c.printf(`<path class="line" stroke="%s" d="%s"/>`, wheel[0], trace(uses, peers, x, y, 'M'))
	c.printf(`<path class="line" stroke="%s" d="%s"/>`, lit, trace(uses, seeds, x, y, 'M'))
	legend(c, b, []string{"peers", "seeds"}, []string{wheel[0], lit})
}

func seconds(s sim.Sample) float64 { return s.At.Sub(0).Seconds() }

// trace is the line of a share over time, for the groups that count; begin is its first command.
func trace(uses []sim.Sample, counts func(group int) bool, x, y scale, begin byte) string {
	p := canvas{}
	every := max(len(uses)/400, 1)
	for i := every - 1; i < len(uses); i += every {
		var used, possible int64
		for _, s := range uses[i+1-every : i+1] {
			for g := range s.Used {
				if counts(g) {
					used += s.Used[g]
					possible += s.Possible[g]
				}
			}
		}
		if seconds(uses[i]) < x.low || possible == 0 {
			continue
		}
		p.printf("%c%.1f %.1f", begin, x.at(seconds(uses[i])), y.at(min(100*float64(used)/float64(possible), 100)))
		begin = 'L'
	}
	return string(p.out)
}
