package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"

	"groove/sim/stories"
)

func story(t *testing.T, name string) stories.Story {
	t.Helper()
	s, err := stories.Standard(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A toy of a client spreads the file over every kind of story: all finish, nobody faster than
// physics, and the figures hang together.
func TestToySwarm(t *testing.T) {
	for _, name := range []string{"small", "s3", "s5", "s7"} {
		s := story(t, name)
		for i := range s.Groups {
			s.Groups[i].Conduct = stories.Honest
		}
		r, err := run(s, Options{Seed: 1}, newToy)
		if err != nil {
			t.Fatal(err)
		}
		t.Log("\n" + r.Report.String())
		if bug := r.Report.Impossible; bug != "" {
			t.Errorf("%s: %s", name, bug)
		}
		if n, _ := r.Report.Figure("unfinished"); n != 0 {
			t.Errorf("%s: %v did not finish", name, n)
		}
		if busy, _ := r.Report.Figure("uplink_busy"); busy > 1 {
			t.Errorf("%s: uplinks were busy for %v of the time", name, busy)
		}
		given := int64(0)
		for _, n := range r.Tally.Given {
			given += n
		}
		want := int64(0)
		for i, p := range r.Tally.People {
			if r.Tally.Awaited(i) {
				want += int64(p.Pieces) * s.PieceLength
			}
		}
		if r.Tally.Useful != want || given != want+r.Tally.Duplicate {
			t.Errorf("%s: %d bytes kept, %d given, %d in pieces", name, r.Tally.Useful, given, want)
		}
	}
}

// A story and a seed give one log, another seed another.
func TestToyLog(t *testing.T) {
	log := func(seed uint64) [32]byte {
		var b bytes.Buffer
		if _, err := run(story(t, "small"), Options{Seed: seed, Log: &b}, newToy); err != nil {
			t.Fatal(err)
		}
		if b.Len() < 10000 {
			t.Errorf("the log has %d bytes", b.Len())
		}
		return sha256.Sum256(b.Bytes())
	}
	if first := log(1); first != log(1) || first == log(2) {
		t.Error("the log does not follow from the seed")
	}
}

// What scripts read stands in one flat object; what a story does not show is null.
func TestReportAsJSON(t *testing.T) {
	r, err := run(story(t, "small"), Options{Seed: 1}, newToy)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r.Report)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, key := range []string{"last_over_tmin", "mean_over_bound", "seed_copies", "duplicates", "uplink_busy", "t_min", "seed"} {
		if _, ok := object[key].(float64); !ok {
			t.Errorf("%s is %v", key, object[key])
		}
	}
	if x, ok := object["rider_delay"]; !ok || x != nil {
		t.Errorf("a story without riders says rider_delay %v", x)
	}
	if bytes.ContainsRune(text, '\n') || !strings.HasPrefix(string(text), `{"story":"small"`) {
		t.Errorf("not one line: %s", text)
	}
}
