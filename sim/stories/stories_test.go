package stories

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every story that comes with the program can be read, and the eight of the standard have its sizes.
func TestStandardStories(t *testing.T) {
	nodes := map[string]int{"s1": 101, "s2": 101, "s3": 51, "s4": 401, "s5": 101, "s6": 1001, "s7": 31, "s8": 101, "small": 13}
	for _, name := range Names() {
		s, err := Standard(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Title == "" || s.Nodes() != nodes[name] {
			t.Errorf("%s: %q with %d nodes, want %d", name, s.Title, s.Nodes(), nodes[name])
		}
		if strings.HasPrefix(name, "s") && len(name) == 2 && (s.FileBytes() != 268435456 || s.Degree != 50 || s.RTT[1] != 120*time.Millisecond) {
			t.Errorf("%s has other settings than the standard: %+v", name, s)
		}
		delete(nodes, name)
	}
	if len(nodes) > 0 {
		t.Errorf("missing: %v", nodes)
	}
	if _, err := Standard("s9"); err == nil || !strings.Contains(err.Error(), "small") {
		t.Errorf("a story that does not exist: %v", err)
	}
}

func TestEveryWord(t *testing.T) {
	got, err := Parse("x", `# A title
pieces 12 of 1MiB # one more comment
rtt 20ms to 30ms
join within 3s
degree 5
verify 3ms
measure from 10s
measure arrivals 2 to 3
limit 90s
seeds 1 up 1 down 2 leave once-out
peers 3 up 0.5 down 20 named far at 5s firewalled missing 4 rider
peers 4 up 5 down 50 poisson 0.1 leave after 120s stall
mark seed_copies at most 1.08
mark uplink_busy at least 0.88
`)
	want := Story{
		Name: "x", Title: "A title", Pieces: 12, PieceLength: 1 << 20, RTT: [2]time.Duration{20e6, 30e6}, Join: 3e9,
		Degree: 5, Verify: 3e6, From: 10e9, Arrivals: [2]int{2, 3}, Limit: 90e9,
		Groups: []Group{
			{Name: "seeds", Seed: true, Count: 1, Up: 1, Down: 2, Leave: LeaveOnceOut},
			{Name: "far", Count: 3, Up: 0.5, Down: 20, At: 5e9, Firewalled: true, Missing: 4, Conduct: Rider},
			{Name: "peers", Count: 4, Up: 5, Down: 50, PerSecond: 0.1, Leave: LeaveAfter, Stay: 120e9, Conduct: Stall},
		},
		Marks: []Mark{{"seed_copies", false, 1.08}, {"uplink_busy", true, 0.88}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
}

// A mistake is named with its line.
func TestMistakes(t *testing.T) {
	const good = "pieces 2 of 16KiB\nseeds 1 up 1 down 1\npeers 1 up 1 down 1\n"
	for text, want := range map[string]string{
		good + "peeers 3":                           `x.txt:4: unknown word "peeers"`,
		good + "degree":                             `x.txt:4: a word is missing at its end`,
		good + "degree 3 4":                         `x.txt:4: "4" is one word too many`,
		good + "degree -3":                          `x.txt:4: "-3" is no number from 1 to`,
		good + "pieces 3 of 100":                    `"100" is no size`,
		good + "pieces 3 of 100MiB":                 `"100MiB" is no size`,
		good + "rtt 20 to 30ms":                     `"20" is no time`,
		good + "rtt 20ms - 30ms":                    `"-" instead of "to"`,
		good + "rtt 30ms to 20ms":                   `round trips from 30ms to 20ms`,
		good + "peers 3 up 5":                       `a group needs up and down`,
		good + "peers 3 up NaN down 5":              `"NaN" is no number`,
		good + "peers 3 up 1 down 5 kind":           `unknown word "kind"`,
		good + "peers 3 up 1 down 5 missing 3":      `"peers" miss 3 of 2 pieces`,
		good + "peers 1 up 1 down 1 leave once-out": `only seeds can leave once-out`,
		good + "mark x at about 3":                  `at "about"`,
		good + "peers 19999 up 1 down 1":            `20001 nodes`,
		"pieces 2 of 16KiB\nseeds 1 up 1 down 1":    `it needs seeds and peers`,
		"":                                          `it says nothing of pieces`,
	} {
		if _, err := Parse("x", text); !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := files.ReadFile(name + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz", text)
		if err == nil && (s.Nodes() < 2 || s.Nodes() > maxNodes || s.FileBytes() <= 0) {
			t.Errorf("%+v", s)
		}
	})
}
