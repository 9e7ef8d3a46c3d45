package draw

import "groove/sim/stories"

// style holds the colours of the house, for paper and for the night.
const style = `<style>
text{font-family:"Source Sans 3",system-ui,"DejaVu Sans",sans-serif;font-size:14px;fill:#221d16;font-variant-numeric:tabular-nums}
.title{font-family:"Source Serif 4",Georgia,"DejaVu Serif",serif;font-size:28px}
.name{font-family:"Source Serif 4",Georgia,"DejaVu Serif",serif;font-size:20px}
.figure{font-size:28px}
.soft{fill:#6b6154}
.tick{fill:#6b6154;font-size:13px}
.ground{fill:#f6f1e7}
.sheet{fill:#fffdf8;stroke:#ded5c4}
.grid{stroke:#ded5c4;fill:none}
.axis{stroke:#6b6154;fill:none}
.bound{stroke:#a83a2e;stroke-dasharray:6 4;fill:none;stroke-width:1.5}
.boundname{fill:#a83a2e;paint-order:stroke;stroke:#fffdf8;stroke-width:4px}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.rim{stroke:#fffdf8;stroke-width:1}
@media (prefers-color-scheme:dark){
text{fill:#efe7d8}.soft,.tick{fill:#a89d8b}.ground{fill:#14120f}.sheet{fill:#1e1b17;stroke:#332e27}
.grid{stroke:#332e27}.axis{stroke:#a89d8b}.bound{stroke:#e0877a}.boundname{fill:#e0877a;stroke:#1e1b17}.rim{stroke:#1e1b17}}
</style>
`

// lit is the colour of who seeds; bad of who means harm.
const (
	lit = "#e2a52b"
	bad = "#a83a2e"
)

// wheel colours the groups of peers: hues of one lightness, readable on paper and at night.
var wheel = [...]string{"#4a8f9c", "#8a78b8", "#6f9250", "#b9774f", "#a8698c"}

// colours gives each group of a story its own.
func colours(story stories.Story) []string {
	var list []string
	next := 0
	for _, g := range story.Groups {
		switch {
		case g.Seed:
			list = append(list, lit)
		case g.Conduct.Hostile():
			list = append(list, bad)
		default:
			list = append(list, wheel[next%len(wheel)])
			next++
		}
	}
	return list
}

// warmth colours the number of copies of a piece, from nobody to everybody.
var warmth = [...]string{"#efe7d8", "#f6dfa6", "#efc873", "#e2a52b", "#c98a22", "#a96c1e", "#83511b", "#5b3717", "#32200f"}
