package draw

import (
	"fmt"
	"math"
	"strings"
)

// canvas collects the text of an SVG file.
type canvas struct{ out []byte }

func (c *canvas) raw(s string) { c.out = append(c.out, s...) }

func (c *canvas) printf(format string, args ...any) {
	c.out = fmt.Appendf(c.out, format, args...)
	c.out = append(c.out, '\n')
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// box is a panel with its padding.
type box struct{ x, y, w, h int }

// panel draws the sheet of a panel with its title and one line of explanation, and returns what is
// left inside, with room for labels on the left and below.
func panel(c *canvas, b box, title, note string) box {
	c.printf(`<rect class="sheet" x="%d" y="%d" width="%d" height="%d" rx="2"/>`, b.x, b.y, b.w, b.h)
	c.printf(`<text class="name" x="%d" y="%d">%s</text>`, b.x+20, b.y+34, escape(title))
	c.printf(`<text class="soft" x="%d" y="%d">%s</text>`, b.x+20, b.y+54, escape(note))
	return box{b.x + 64, b.y + 92, b.w - 64 - 24, b.h - 92 - 52}
}

// scale maps values to pixels.
type scale struct {
	low, high float64
	from, to  float64
}

func (s scale) at(v float64) float64 {
	return s.from + float64((v-s.low)/(s.high-s.low)*(s.to-s.from))
}

// ticks are round values within the scale, about n of them.
func (s scale) ticks(n int) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/float64(n))))
	for _, k := range []float64{1, 2, 5, 10} {
		if (s.high-s.low)/(k*step) <= float64(n) {
			step *= k
			break
		}
	}
	var list []float64
	for v := math.Ceil(s.low/step) * step; v <= s.high+step/1e6; v += step {
		list = append(list, v)
	}
	return list
}

// axes draws labelled ticks and the names of both axes. Lines across the panel are drawn under what
// follows.
func axes(c *canvas, in box, x, y scale, nameX, nameY string) {
	for _, v := range y.ticks(5) {
		c.printf(`<path class="grid" d="M%d %.1fh%d"/>`, in.x-5, y.at(v), in.w+5)
		c.printf(`<text class="tick" x="%d" y="%.1f" text-anchor="end">%g</text>`, in.x-8, y.at(v)+4, v)
	}
	for _, v := range x.ticks(6) {
		c.printf(`<path class="grid" d="M%.1f %dv5"/>`, x.at(v), in.y+in.h)
		c.printf(`<text class="tick" x="%.1f" y="%d" text-anchor="middle">%g</text>`, x.at(v), in.y+in.h+19, v)
	}
	c.printf(`<path class="axis" d="M%d %dh%d"/>`, in.x, in.y+in.h, in.w)
	c.printf(`<text class="tick" x="%d" y="%d" text-anchor="end">%s</text>`, in.x+in.w, in.y+in.h+38, escape(nameX))
	c.printf(`<text class="tick" x="%d" y="%d">%s</text>`, in.x-44, in.y-14, escape(nameY))
}

// legend writes names in their colours beside the title of a panel.
func legend(c *canvas, b box, names []string, colours []string) {
	y := b.y + 34
	x := b.x + b.w - 24
	for i := len(names) - 1; i >= 0; i-- {
		width := 8*len(names[i]) + 26
		x -= width
		c.printf(`<rect x="%d" y="%d" width="12" height="4" fill="%s"/>`, x, y-7, colours[i])
		c.printf(`<text class="tick" x="%d" y="%d">%s</text>`, x+18, y, escape(names[i]))
	}
}
