package bound

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// agree checks got against a figure as printed: half a unit of its last digit is allowed.
func agree(t *testing.T, what string, got float64, printed string) {
	t.Helper()
	want, err := strconv.ParseFloat(printed, 64)
	if err != nil {
		t.Fatal(err)
	}
	digits := 0
	if i := strings.IndexByte(printed, '.'); i >= 0 {
		digits = len(printed) - i - 1
	}
	if math.Abs(got-want) > 0.5001*math.Pow10(-digits) {
		t.Errorf("%s: %.4f, want %s", what, got, printed)
	}
}

func many(n int, up, down float64) []Peer {
	peers := make([]Peer, n)
	for i := range peers {
		peers[i] = Peer{Up: up, Down: down}
	}
	return peers
}

const mebibyte = 8.388608 // Mbit

func TestTheSixWorkedExamples(t *testing.T) {
	const f = 8000
	for _, c := range []struct {
		name                                        string
		swarm                                       Swarm
		slowest, once, fluid, spread, capacity, min string
	}{
		{"1: the taper's thin uplink", Swarm{f, mebibyte, 1, 0, many(10, 5, 50)},
			"160", "8000", "1568.6", "4.30", "1579.67", "8004.30"},
		{"2: capacity", Swarm{f, mebibyte, 100, 0, many(10, 5, 50)},
			"160", "80", "533.33", "0.61", "533.47", "533.47"},
		{"3: one slow downlink", Swarm{f, mebibyte, 100, 0, append(many(9, 20, 50), Peer{Up: 5, Down: 8})},
			"1000", "80", "280.7", "0.41", "280.90", "1000"},
		{"4: the seed leaves after one copy", Swarm{f, mebibyte, 10, 1, many(20, 5, 50)},
			"160", "800", "1520", "5.95", "1523.20", "1523.20"},
		{"5: one piece", Swarm{f, f, 10, 0, many(7, 10, 1000)},
			"8", "800", "700", "1274.29", "2074.29", "2074.29"},
		{"5: 64 pieces", Swarm{f, f / 64., 10, 0, many(7, 10, 1000)},
			"8", "800", "700", "19.91", "721.47", "819.91"},
		{"5: 954 pieces", Swarm{f, f / 954., 10, 0, many(7, 10, 1000)},
			"8", "800", "700", "1.34", "701.44", "801.34"},
		{"6: without its firewalls", Swarm{f, mebibyte, 10, 0, many(20, 5, 50)},
			"160", "800", "1454.5", "", "", ""},
	} {
		b := Of(c.swarm)
		for _, term := range []struct {
			name    string
			got     float64
			printed string
		}{
			{"F/d_min", b.Slowest, c.slowest}, {"F/u_s", b.Once, c.once}, {"N F/U", b.Fluid, c.fluid},
			{"spread", b.Spread, c.spread}, {"T_cap", b.Capacity, c.capacity}, {"T_min", b.Min, c.min},
		} {
			if term.printed != "" {
				agree(t, c.name+", "+term.name, term.got, term.printed)
			}
		}
	}
	agree(t, "3, mean", Of(Swarm{f, mebibyte, 100, 0, append(many(9, 20, 50), Peer{Up: 5, Down: 8})}).Mean, "264.2")
	agree(t, "5, one source, one piece", OneSource(f, 10, 7, 1), "2400")
	agree(t, "5, one source, 64 pieces", OneSource(f, 10, 7, 64), "825")
	agree(t, "5, one source, 954 pieces", OneSource(f, 10, 7, 954), "801.68")
	agree(t, "6, fifteen behind firewalls", Cut(15, f, 10+5*5), "3428.6")
}

// The eight standard stories: what their marks are measured against.
func TestTheStandardStories(t *testing.T) {
	const piece = mebibyte / 2
	const file = 512 * piece
	s2 := append(append(append(many(5, 100, 500), many(20, 20, 100)...), many(50, 5, 50)...), many(25, 1, 20)...)
	riders := append(many(70, 10, 50), many(30, 0, 50)...)
	for _, c := range []struct {
		name      string
		swarm     Swarm
		min, mean string
	}{
		{"s1", Swarm{file, piece, 10, 0, many(100, 10, 50)}, "216.50", "214.7"},
		{"s2", Swarm{file, piece, 20, 0, s2}, "180.05", "122.3"},
		{"s3", Swarm{file, piece, 10, 1, many(50, 10, 50)}, "216.63", "214.7"},
		{"s5, all", Swarm{file, piece, 10, 0, riders}, "304.08", "227.9"},
		{"s5, contributors", Swarm{file, piece, 10, 0, many(70, 10, 50)}, "216.36", ""},
		{"s6", Swarm{file, piece, 10, 0, many(1000, 10, 50)}, "217.47", "214.7"},
		{"s7, after the seed came", Swarm{8 * piece, piece, 1, 0, many(30, 10, 50)}, "35.15", "33.6"},
		{"s8, honest", Swarm{file, piece, 10, 0, many(75, 10, 50)}, "216.38", "214.7"},
	} {
		b := Of(c.swarm)
		agree(t, c.name+", T_min", b.Min, c.min)
		if c.mean != "" {
			agree(t, c.name+", mean", b.Mean, c.mean)
		}
	}
	s1 := Of(Swarm{file, piece, 10, 0, many(100, 10, 50)})
	agree(t, "s1, F/u_s", s1.Once, "214.75")
	agree(t, "s1, spread", s1.Spread, "1.76")
	agree(t, "s1, T_cap", s1.Capacity, "214.38")
	agree(t, "s4, mean in steady state", Steady(file, 5, 10, 0.1, 120), "289.5")
}

// Arrivals can only delay, and a single peer's bound never exceeds the last one's.
func TestLateArrivals(t *testing.T) {
	s := Swarm{8000, mebibyte, 100, 0, many(10, 5, 50)}
	early := Of(s).Min
	s.Peers = append([]Peer(nil), s.Peers...)
	s.Peers[3].At = 500
	if late := Of(s); late.Min < early || late.Slowest != 660 {
		t.Errorf("one arrives at 500 s: T_min %.2f after %.2f, its downlink %.2f", late.Min, early, late.Slowest)
	}
	if one := s.Finish(s.Peers[3]); one != 660 || one > Of(s).Min {
		t.Errorf("the late one cannot finish before %.2f, the last before %.2f", one, Of(s).Min)
	}
}
