package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"groove/sim/bound"
	"groove/sim/stories"
)

// Report is what a run is judged by.
type Report struct {
	Story, Title string
	Seed         uint64
	Nodes        int
	Events       int64
	Bound        bound.Terms
	Figures      []Figure
	Groups       []GroupReport
	Marks        []Verdict
	Impossible   string // how the run beat a bound, which only a simulator with a bug can; "" as a rule
}

// Figure is one number of a report.
type Figure struct {
	Key   string // in JSON
	Label string // for people
	Value float64
	Unit  string // "s", "x" (times a bound), "x F" (copies of the file), "%" (Value is a share of 1), ""
	Known bool   // false where the story does not show it
}

// GroupReport is how one group of a story fared. Times are seconds.
type GroupReport struct {
	Name   string  `json:"name"`
	Count  int     `json:"count"`
	Done   int     `json:"done"`
	Median float64 `json:"median_seconds"`
	Mean   float64 `json:"mean_seconds"`
	Last   float64 `json:"last_seconds"`
	Uplink float64 `json:"uplink_used"` // share over the whole run
}

// Verdict is a mark of the story and what became of it.
type Verdict struct {
	Key   string  `json:"key"`
	Mark  float64 `json:"mark"`
	Least bool    `json:"at_least"`
	OK    bool    `json:"ok"`
}

func (r *Report) add(key, label string, value float64, unit string, known bool) {
	known = known && !math.IsNaN(value) && !math.IsInf(value, 0)
	if !known {
		value = 0
	}
	r.Figures = append(r.Figures, Figure{key, label, value, unit, known})
}

// Figure returns a figure by its key; false if the story does not show it.
func (r *Report) Figure(key string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Key == key {
			return f.Value, f.Known
		}
	}
	return 0, false
}

// judge holds the figures against the marks. A figure that is not known fails.
func (r *Report) judge(marks []stories.Mark) {
	for _, m := range marks {
		x, known := r.Figure(m.Key)
		ok := known && (m.Least && x >= m.Value || !m.Least && x <= m.Value)
		r.Marks = append(r.Marks, Verdict{m.Key, m.Value, m.Least, ok})
	}
}

// MarshalJSON makes one flat object: every figure under its key, null where it is not known.
func (r Report) MarshalJSON() ([]byte, error) {
	b := fmt.Appendf(nil, `{"story":%q,"seed":%d,"nodes":%d,"events":%d`, r.Story, r.Seed, r.Nodes, r.Events)
	for _, t := range []struct {
		key string
		x   float64
	}{
		{"t_min", r.Bound.Min}, {"t_slowest", r.Bound.Slowest}, {"t_once", r.Bound.Once}, {"t_spread", r.Bound.Spread},
		{"t_seed", r.Bound.Seed}, {"t_capacity", r.Bound.Capacity}, {"mean_bound", r.Bound.Mean},
	} {
		b = fmt.Appendf(b, `,%q:%.6g`, t.key, t.x)
	}
	for _, f := range r.Figures {
		if f.Known {
			b = fmt.Appendf(b, `,%q:%.6g`, f.Key, f.Value)
		} else {
			b = fmt.Appendf(b, `,%q:null`, f.Key)
		}
	}
	rest, err := json.Marshal(struct {
		Groups []GroupReport `json:"groups"`
		Marks  []Verdict     `json:"marks"`
	}{r.Groups, r.Marks})
	if err != nil {
		return nil, fmt.Errorf("encode report of %q: %w", r.Story, err)
	}
	b = append(b, ',')
	return append(b, rest[1:]...), nil
}

// String renders the report for a terminal of 80 columns.
func (r Report) String() string {
	var b strings.Builder
	t := r.Bound
	fmt.Fprintf(&b, "%s  %s\n", r.Story, r.Title)
	fmt.Fprintf(&b, "%d nodes, seed %d, %d events\n\n", r.Nodes, r.Seed, r.Events)
	fmt.Fprintf(&b, "No schedule is faster than T_min = %.2f s, the largest of\n", t.Min)
	fmt.Fprintf(&b, "  %8.2f s  what leaves the seeds: F/u_s %.2f + spread %.2f\n", t.Seed, t.Once, t.Spread)
	fmt.Fprintf(&b, "  %8.2f s  all uplinks together (as a fluid %.2f)\n", t.Capacity, t.Fluid)
	fmt.Fprintf(&b, "  %8.2f s  the slowest downlink\n\n", t.Slowest)
	for _, f := range r.Figures {
		if f.Known {
			fmt.Fprintf(&b, "  %-44s %10s  %s\n", f.Label, f.text(), r.verdict(f.Key))
		}
	}
	fmt.Fprintf(&b, "\n  %-14s %5s %6s %9s %9s %9s %8s\n", "", "nodes", "done", "median", "mean", "last", "uplink")
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "  %-14s %5d %6d %7.1f s %7.1f s %7.1f s %6.1f %%\n",
			g.Name, g.Count, g.Done, g.Median, g.Mean, g.Last, 100*g.Uplink)
	}
	return b.String()
}

// text prints the value with its unit.
func (f Figure) text() string {
	switch f.Unit {
	case "s":
		return fmt.Sprintf("%.2f s", f.Value)
	case "x":
		return fmt.Sprintf("%.3f x", f.Value)
	case "x F":
		return fmt.Sprintf("%.3f F", f.Value)
	case "%":
		return fmt.Sprintf("%.2f %%", 100*f.Value)
	}
	return fmt.Sprintf("%.0f", f.Value)
}

// verdict prints the mark of a figure, if the story has one.
func (r *Report) verdict(key string) string {
	for _, m := range r.Marks {
		if m.Key != key {
			continue
		}
		sign, word := "<=", "ok"
		if m.Least {
			sign = ">="
		}
		if !m.OK {
			word = "MISSED"
		}
		return fmt.Sprintf("%s %g %s", sign, m.Mark, word)
	}
	return ""
}
