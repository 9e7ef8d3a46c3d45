package draw

import (
	"cmp"
	"math"
	"slices"

	"groove/internal/clock"
	"groove/sim"
)

// maxThreads is how many threads are drawn, the thickest: more make a felt of which nothing can be read.
const maxThreads = 1600

// thread is what one node gave to another.
type thread struct {
	from, to int
	bytes    int64
}

// web draws the nodes on a circle, seeds on top, and threads in the giver's colour.
func web(c *canvas, b box, r *sim.Result) {
	panel(c, b, "Who gave to whom", "each thread in the giver's colour, as strong as the bytes")
	order := ringOrder(r)
	palette := colours(r.Story)
	cx, cy := float64(b.x+b.w/2), float64(b.y+76)+float64(b.h-100)/2
	radius := float64(min(b.w, b.h-100))/2 - 6
	place := make([][2]float64, len(r.Tally.People))
	for i, node := range order {
		angle := 2*math.Pi*float64(i)/float64(len(order)) - math.Pi/2
		place[node] = [2]float64{math.Cos(angle), math.Sin(angle)}
	}
	threads := thickest(r.Tally)
	for i := len(threads) - 1; i >= 0; i-- {
		t := threads[i]
		share := math.Sqrt(float64(t.bytes) / float64(threads[0].bytes))
		a, z := place[t.from], place[t.to]
		c.printf(`<path fill="none" stroke="%s" stroke-width="%.2f" stroke-opacity="%.2f" d="M%.1f %.1fQ%.1f %.1f %.1f %.1f"/>`,
			palette[r.Tally.People[t.from].Group], 0.3+float64(1.9*share), 0.06+float64(0.5*share),
			cx+float64(a[0]*radius*0.97), cy+float64(a[1]*radius*0.97),
			cx+float64((a[0]+z[0])*radius*0.18), cy+float64((a[1]+z[1])*radius*0.18),
			cx+float64(z[0]*radius*0.97), cy+float64(z[1]*radius*0.97))
	}
	dot := min(max(float64(2.2*radius)/float64(len(order)), 1), 6)
	for _, node := range order {
		size := dot
		if r.Story.Groups[r.Tally.People[node].Group].Seed {
			size = max(dot*1.8, 6)
		}
		c.printf(`<circle class="rim" cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`,
			cx+float64(place[node][0]*radius), cy+float64(place[node][1]*radius), size, palette[r.Tally.People[node].Group])
	}
}

// ringOrder lists the nodes that came, seeds first, then by group; within a group as they finished.
func ringOrder(r *sim.Result) []int {
	var list []int
	for i, p := range r.Tally.People {
		if p.Joined != clock.Never {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		p, q := r.Tally.People[a], r.Tally.People[b]
		return cmp.Or(cmp.Compare(p.Group, q.Group), cmp.Compare(p.Done, q.Done))
	})
	return list
}

// thickest lists the threads with the most bytes, thickest first.
func thickest(t *sim.Tally) []thread {
	n := len(t.People)
	var list []thread
	for i, bytes := range t.Given {
		if bytes > 0 {
			list = append(list, thread{i / n, i % n, bytes})
		}
	}
	slices.SortStableFunc(list, func(a, b thread) int { return cmp.Compare(b.bytes, a.bytes) })
	return list[:min(len(list), maxThreads)]
}
