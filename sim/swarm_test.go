package sim

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"groove/internal/clock"
	"groove/sim/bound"
	"groove/sim/stories"
)

// play runs a standard story with the real swarm and checks what must hold of every run.
func play(t *testing.T, name string, seed uint64) Report {
	t.Helper()
	r, err := Run(story(t, name), Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", r.Report)
	if r.Report.Impossible != "" {
		t.Errorf("%s, seed %d: %s", name, seed, r.Report.Impossible)
	}
	if n, _ := r.Report.Figure("unfinished"); n != 0 {
		t.Errorf("%s, seed %d: %v did not finish", name, seed, n)
	}
	return r.Report
}

// The real swarm spreads a small file to everybody.
func TestSmallSwarm(t *testing.T) {
	for seed := range uint64(3) {
		r := play(t, "small", seed)
		if waste, known := r.Figure("duplicates"); !known || waste > 0.05 {
			t.Errorf("seed %d: %v of the blocks were not needed", seed, waste)
		}
	}
}

// A keeper's window ends everybody's waiting, well within its mark.
func TestMissingPiecesComeWithTheKeeper(t *testing.T) {
	r := play(t, "s7", 1)
	if last, _ := r.Figure("last_seconds"); last > 67 {
		t.Errorf("the last one waited %.1f s after the keeper had come", last)
	}
}

// margin is how far a single run may be above a mark that holds for the median of five.
const margin = 0.08

// One run of the first standard story.
func TestFirstStory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	r := play(t, "s1", 1)
	for _, m := range r.Marks {
		x, known := r.Figure(m.Key)
		if !known || m.Least && x < m.Mark-margin || !m.Least && x > max(m.Mark+margin, m.Mark*(1+margin)) {
			t.Errorf("%s is %v, the mark is %v", m.Key, x, m.Mark)
		}
	}
}

// The long runs: five seeds each of the stories that GROOVE_TEST_STORIES names ("s1,s2"), or those seeds
// that it names ("s8:3").
func TestLongStories(t *testing.T) {
	list := os.Getenv("GROOVE_TEST_STORIES")
	if list == "" {
		t.Skip("GROOVE_TEST_STORIES names no story")
	}
	for _, item := range strings.Split(list, ",") {
		name, only, one := strings.Cut(item, ":")
		seeds := []uint64{1, 2, 3, 4, 5}
		if one {
			seed, err := strconv.ParseUint(only, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			seeds = []uint64{seed}
		}
		t.Run(name, func(t *testing.T) { judge(t, name, seeds) })
	}
}

// judge holds the median of each figure against its mark, and every run against mark and margin.
func judge(t *testing.T, name string, seeds []uint64) {
	values := map[string][]float64{} // by key; read in the order of the marks
	for _, seed := range seeds {
		r := play(t, name, seed)
		for _, m := range r.Marks {
			x, known := r.Figure(m.Key)
			if !known {
				t.Errorf("seed %d: %s is not known", seed, m.Key)
			}
			values[m.Key] = append(values[m.Key], x)
		}
	}
	for _, m := range story(t, name).Marks {
		list := slices.Sorted(slices.Values(values[m.Key]))
		middle, worst, sign := median(list), list[len(list)-1], 1.0
		if m.Least {
			worst, sign = list[0], -1
		}
		t.Logf("%-24s median %.4g of %.4g, mark %g", m.Key, middle, list, m.Value)
		if sign*(middle-m.Value) > 0 || sign*(worst-m.Value) > max(margin, margin*m.Value) {
			t.Errorf("%s misses its mark of %g", m.Key, m.Value)
		}
	}
}

// The same story and seed give the same log to the byte, in another process and on any number of
// processors; another seed gives another.
func TestLogIsTheSameInEveryProcess(t *testing.T) {
	if seed := os.Getenv("GROOVE_TEST_LOG_OF"); seed != "" {
		n, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("sum %s\n", logSum(t, n))
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := func(seed, processors string) string {
		cmd := exec.Command(self, "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "GROOVE_TEST_LOG_OF="+seed, "GOMAXPROCS="+processors)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		_, sum, _ := bytes.Cut(out, []byte("sum "))
		sum, _, _ = bytes.Cut(sum, []byte("\n"))
		return string(sum)
	}
	here := logSum(t, 1)
	if a, b := elsewhere("1", "1"), elsewhere("1", "8"); a != here || b != here {
		t.Errorf("the log's sum is %s here, %s on one processor, %s on eight", here, a, b)
	}
	if elsewhere("2", "1") == here {
		t.Error("another seed gives the same log")
	}
}

func logSum(t *testing.T, seed uint64) string {
	h := sha256.New()
	if _, err := Run(story(t, "small"), Options{Seed: seed, Log: h}); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// Two nodes behind firewalls never meet, which costs the time that the cut around them says.
func TestFirewalls(t *testing.T) {
	s, err := stories.Parse("walls", `# Most are behind firewalls
pieces 64 of 64KiB
rtt 20ms to 40ms
degree 20
seeds 1 up 10 down 50
peers 3 up 5 down 50 named open
peers 9 up 5 down 50 named walled firewalled
`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(s, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", r.Report)
	n := len(r.Tally.People)
	for from := 4; from < n; from++ {
		for to := 4; to < n; to++ {
			if b := r.Tally.Given[from*n+to]; b != 0 {
				t.Errorf("%d gave %d bytes to %d through two firewalls", from, b, to)
			}
		}
	}
	cut := bound.Cut(9, float64(s.FileBytes())/mbit, 10+3*5)
	last, known := r.Report.Figure("last_seconds")
	if !known || last < cut {
		t.Errorf("the last one finished after %.2f s (%v), the cut allows %.2f", last, known, cut)
	}
}

// People come and go: nobody is waited for who has left, and what they took along is missed.
func TestPeopleComeAndGo(t *testing.T) {
	s, err := stories.Parse("comings", `# Twenty come one by one and stay for ten seconds
pieces 32 of 64KiB
rtt 20ms to 40ms
degree 20
measure arrivals 5 to 20
seeds 1 up 10 down 50
peers 20 up 5 down 50 poisson 0.5 leave after 10s
`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(s, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", r.Report)
	if n, _ := r.Report.Figure("unfinished"); n != 0 || r.Report.Impossible != "" {
		t.Errorf("%v unfinished; %s", n, r.Report.Impossible)
	}
	left := 0
	for i, p := range r.Tally.People {
		if p.Left != clock.Never {
			left++
			if p.Left < p.Done || p.Done < p.Joined {
				t.Errorf("node %d came at %v, was done at %v, left at %v", i, p.Joined, p.Done, p.Left)
			}
		}
	}
	if _, known := r.Report.Figure("last_over_tmin"); left == 0 || known {
		t.Errorf("%d left; last_over_tmin known %v", left, known)
	}
}
