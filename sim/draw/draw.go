// Package draw makes a picture of a simulated swarm: one SVG file that needs nothing else.
//
// It knows the four panels (who finished when, how busy the uplinks were, who gave to whom, how
// the copies of each piece grew) and the colours of the house; it refuses to compute figures, which
// sim does. Called by the command line. Units are those of the report; lengths are pixels. No
// state. Start reading at SVG.
package draw

import (
	"fmt"
	"io"

	"groove/sim"
)

// The page: a header, then two rows of two panels.
const (
	pageWidth  = 1200
	pageHeight = 1180
	margin     = 40
	gap        = 32
	panelWidth = (pageWidth - 2*margin - gap) / 2
	topRow     = 208
	topHeight  = 360
	lowRow     = topRow + topHeight + gap
	lowHeight  = 500
)

// SVG writes the picture of a run.
func SVG(to io.Writer, r *sim.Result) error {
	c := &canvas{}
	c.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		pageWidth, pageHeight, pageWidth, pageHeight, escape("Simulated swarm "+r.Report.Story+": "+r.Report.Title))
	c.raw(style)
	c.printf(`<rect class="ground" width="%d" height="%d"/>`, pageWidth, pageHeight)
	header(c, r)
	left, right := margin, margin+panelWidth+gap
	completion(c, box{left, topRow, panelWidth, topHeight}, r)
	uplinks(c, box{right, topRow, panelWidth, topHeight}, r)
	web(c, box{left, lowRow, panelWidth, lowHeight}, r)
	heat(c, box{right, lowRow, panelWidth, lowHeight}, r)
	footer(c, r)
	c.raw("</svg>\n")
	if _, err := to.Write(c.out); err != nil {
		return fmt.Errorf("write picture of %q: %w", r.Report.Story, err)
	}
	return nil
}

// header names the story and shows the figures that count.
func header(c *canvas, r *sim.Result) {
	c.printf(`<text class="title" x="%d" y="72">%s</text>`, margin, escape(r.Report.Title))
	x := margin
	for _, f := range []struct{ key, label, format string }{
		{"last_over_tmin", "last finisher / T_min", "%.3f"},
		{"mean_over_bound", "mean / its bound", "%.3f"},
		{"seed_copies", "copies the seed sent", "%.3f"},
		{"uplink_busy", "uplinks busy", "%.1f %%"},
		{"duplicates", "blocks not needed", "%.2f %%"},
		{"first_piece_seconds", "first piece after", "%.1f s"},
	} {
		v, known := r.Report.Figure(f.key)
		if !known {
			continue
		}
		if f.key == "uplink_busy" || f.key == "duplicates" {
			v *= 100
		}
		c.printf(`<text class="figure" x="%d" y="136">%s</text>`, x, fmt.Sprintf(f.format, v))
		c.printf(`<text class="soft" x="%d" y="160">%s</text>`, x, f.label)
		x += (pageWidth - 2*margin) / 6
	}
}

// footer says what was run, and what the bound is made of.
func footer(c *canvas, r *sim.Result) {
	t := r.Report.Bound
	c.printf(`<text class="soft" x="%d" y="%d">%s</text>`, margin, pageHeight-28, escape(fmt.Sprintf(
		"groove sim %s --seed %d.  T_min %.2f s is the largest of: F/u_s %.2f + spread %.2f; all uplinks %.2f; slowest downlink %.2f.  Mean bound %.2f s.",
		r.Report.Story, r.Seed, t.Min, t.Once, t.Spread, t.Capacity, t.Slowest, t.Mean)))
}
