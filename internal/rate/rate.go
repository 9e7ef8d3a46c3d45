// Package rate measures and limits bytes per second.
//
// It knows a sliding Meter and a token Bucket; it refuses to know what the bytes are and never
// reads a clock. Used by swarm (meters), torrent and tracker/serve (buckets) and sim. Units are
// bytes and bytes per second. Not safe for concurrent use. Start reading at Meter.
package rate

import (
	"time"

	"groove/internal/clock"
)

// cells is the number of seconds a Meter looks back.
const cells = 20

// Meter counts bytes in cells of one second and gives the rate over the last seconds.
// The zero Meter is ready.
type Meter struct {
	cell  [cells]int64
	last  int64 // the second that was counted last, plus one; 0 = nothing counted
	first int64 // the second of the first count
	total int64
}

// Add counts n bytes at now.
func (m *Meter) Add(now clock.Time, n int64) {
	m.roll(now)
	m.cell[second(now)%cells] += n
	m.total += n
}

// Total returns all bytes ever counted.
func (m *Meter) Total() int64 { return m.total }

// Rate returns bytes per second over the last span (whole seconds, 1 s to 20 s). A meter
// younger than span divides by its age, at least one second.
func (m *Meter) Rate(now clock.Time, span time.Duration) int64 {
	if m.last == 0 {
		return 0
	}
	m.roll(now)
	n := min(max(int64(span/time.Second), 1), cells-1)
	n = min(n, max(second(now)-m.first, 1))
	var sum int64
	for i := range n { // whole seconds only: the running one is left out unless it is all there is
		sum += m.cell[(second(now)-1-i+2*cells)%cells]
	}
	if second(now) == m.first {
		sum = m.cell[m.first%cells]
	}
	return sum / n
}

// roll empties the cells of the seconds that passed since the last count.
func (m *Meter) roll(now clock.Time) {
	s := second(now)
	if m.last == 0 {
		m.first, m.last = s, s+1
		return
	}
	for i := m.last; i <= s && i < m.last+cells; i++ {
		m.cell[i%cells] = 0
	}
	m.last = max(m.last, s+1)
}

func second(t clock.Time) int64 { return int64(t) / int64(time.Second) }
