package draw

import (
	"cmp"
	"math"
	"slices"

	"groove/internal/clock"
	"groove/sim"
)

// The cells of the heat map, at most.
const (
	heatColumns = 120
	heatRows    = 128
)

// heat draws how many peers held each piece over time. Pieces stand in the order in which the first
// peer had them, so that the lower edge of the light shows how fast the seeds gave them out.
func heat(c *canvas, b box, r *sim.Result) {
	in := panel(c, b, "How the copies grew", "peers that hold a piece; pieces in the order in which they left the seed")
	end := r.Story.From.Seconds() + r.Report.Bound.Min
	if n := len(r.Tally.Uses); n > 0 {
		end = max(end, seconds(r.Tally.Uses[n-1]))
	}
	x := scale{r.Story.From.Seconds(), end, float64(in.x), float64(in.x + in.w)}
	order := pieceOrder(r)
	if len(order) == 0 {
		return
	}
	y := scale{0, float64(len(order)), float64(in.y), float64(in.y + in.h)}
	axes(c, in, x, y, "seconds", "piece")
	rows := min(len(order), heatRows)
	cells := countCopies(r, order, rows, x)
	cellW, cellH := float64(in.w)/heatColumns, float64(in.h)/float64(rows)
	for level := range warmth {
		p := canvas{}
		for row := range rows {
			for from := 0; from < heatColumns; from++ {
				to := from
				for to < heatColumns && cells[row*heatColumns+to] == level {
					to++
				}
				if to > from {
					p.printf("M%.1f %.1fh%.1fv%.1fh-%.1fz", float64(in.x)+float64(float64(from)*cellW),
						float64(in.y)+float64(float64(row)*cellH), float64(to-from)*cellW, cellH, float64(to-from)*cellW)
					from = to
				}
			}
		}
		if len(p.out) > 0 {
			c.printf(`<path fill="%s" shape-rendering="crispEdges" d="%s"/>`, warmth[level], p.out)
		}
	}
	warmthLegend(c, b, r)
}

// pieceOrder lists the pieces that somebody got, by when the first one had them.
func pieceOrder(r *sim.Result) []int {
	first := make([]clock.Time, r.Story.Pieces)
	for i := range first {
		first[i] = clock.Never
	}
	var order []int
	for _, g := range r.Tally.Pieces {
		if first[g.Piece] == clock.Never {
			first[g.Piece] = g.At
			order = append(order, int(g.Piece))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(first[a], first[b]) })
	return order
}

// countCopies returns the level of warmth of each cell: rows of pieces, columns of time. A row of
// several pieces shows their mean.
func countCopies(r *sim.Result, order []int, rows int, x scale) []int {
	row := make([]int, r.Story.Pieces)
	members := make([]int, rows)
	for i, piece := range order {
		row[piece] = i * rows / len(order)
		members[row[piece]]++
	}
	change := make([]int, rows*heatColumns)
	column := func(t clock.Time) int {
		s := (t.Sub(0).Seconds() - x.low) / (x.high - x.low)
		return max(int(s*heatColumns), 0)
	}
	for _, g := range r.Tally.Pieces {
		if k := column(g.At); k < heatColumns {
			change[row[g.Piece]*heatColumns+k]++
		}
		if left := r.Tally.People[g.Node].Left; left != clock.Never && column(left) < heatColumns {
			change[row[g.Piece]*heatColumns+column(left)]--
		}
	}
	levels := make([]int, rows*heatColumns)
	for i := range rows {
		copies := 0
		for k := range heatColumns {
			copies += change[i*heatColumns+k]
			levels[i*heatColumns+k] = levelOf(float64(copies)/float64(members[i]), r)
		}
	}
	return levels
}

// levelOf doubles the copies from one level to the next, so that the last is everybody.
func levelOf(copies float64, r *sim.Result) int {
	if copies < 0.5 {
		return 0
	}
	all := math.Log2(float64(len(r.Tally.People)) + 1)
	return min(1+int(math.Log2(max(copies, 1))/all*float64(len(warmth)-1)), len(warmth)-1)
}

// warmthLegend shows the colours from nobody to everybody.
func warmthLegend(c *canvas, b box, r *sim.Result) {
	x, y := b.x+b.w-24-14*len(warmth)-40, b.y+34
	c.printf(`<text class="tick" x="%d" y="%d" text-anchor="end">0</text>`, x-6, y)
	for i, colour := range warmth {
		c.printf(`<rect x="%d" y="%d" width="14" height="10" fill="%s"/>`, x+14*i, y-10, colour)
	}
	c.printf(`<text class="tick" x="%d" y="%d">%d</text>`, x+14*len(warmth)+6, y, len(r.Tally.People))
}
