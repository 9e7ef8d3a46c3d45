package stories

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrSyntax is wrapped by the errors of Parse, which name the line.
var ErrSyntax = errors.New("not a story")

// Bounds of what a story may ask for, so that a typing error does not fill the memory.
const (
	maxNodes       = 20_000
	maxPieces      = 100_000
	maxPieceLength = 64 << 20
	maxMbit        = 100_000
	maxDuration    = 30 * 24 * time.Hour
)

// line is a line that is being read, word by word.
type line struct {
	words []string
	err   error
}

// Parse reads a story. Each line is a setting, a group or a mark; "#" begins a comment, and the
// first comment is the title.
func Parse(name, text string) (Story, error) {
	s := Story{Name: name, Degree: 50, Limit: time.Hour, RTT: [2]time.Duration{50 * time.Millisecond, 50 * time.Millisecond}}
	for i, raw := range strings.Split(text, "\n") {
		code, comment, hasComment := strings.Cut(raw, "#")
		if hasComment && s.Title == "" {
			s.Title = strings.TrimSpace(comment)
		}
		l := line{words: strings.Fields(code)}
		if len(l.words) == 0 {
			continue
		}
		s.read(&l)
		if l.err == nil && len(l.words) > 0 {
			l.fail("%q is one word too many", l.words[0])
		}
		if l.err != nil {
			return Story{}, fmt.Errorf("%w: %s.txt:%d: %w", ErrSyntax, name, i+1, l.err)
		}
	}
	if err := s.check(); err != nil {
		return Story{}, fmt.Errorf("%w: %s.txt: %w", ErrSyntax, name, err)
	}
	return s, nil
}

// read takes one line in.
func (s *Story) read(l *line) {
	switch word := l.next(); word {
	case "pieces":
		s.Pieces = l.count(maxPieces)
		l.expect("of")
		s.PieceLength = l.size()
	case "rtt":
		s.RTT[0] = l.duration()
		l.expect("to")
		s.RTT[1] = l.duration()
	case "join":
		l.expect("within")
		s.Join = l.duration()
	case "degree":
		s.Degree = l.count(maxNodes)
	case "verify":
		s.Verify = l.duration()
	case "measure":
		s.readMeasure(l)
	case "limit":
		s.Limit = l.duration()
	case "seeds", "peers":
		s.Groups = append(s.Groups, readGroup(l, word))
	case "mark":
		s.Marks = append(s.Marks, readMark(l))
	default:
		l.fail("unknown word %q", word)
	}
}

// readMeasure reads "from TIME" or "arrivals FIRST to LAST".
func (s *Story) readMeasure(l *line) {
	switch word := l.next(); word {
	case "from":
		s.From = l.duration()
	case "arrivals":
		s.Arrivals[0] = l.count(maxNodes)
		l.expect("to")
		s.Arrivals[1] = l.count(maxNodes)
	default:
		l.fail("measure what? %q", word)
	}
}

// readGroup reads "COUNT up MBIT down MBIT" and what else is said of a group.
func readGroup(l *line, kind string) Group {
	g := Group{Name: kind, Seed: kind == "seeds", Count: l.count(maxNodes)}
	for len(l.words) > 0 && l.err == nil {
		switch word := l.next(); word {
		case "named":
			g.Name = l.next()
		case "up":
			g.Up = l.number(maxMbit)
		case "down":
			g.Down = l.number(maxMbit)
		case "at":
			g.At = l.duration()
		case "poisson":
			g.PerSecond = l.number(1000)
		case "missing":
			g.Missing = l.count(maxPieces)
		case "firewalled":
			g.Firewalled = true
		case "leave":
			g.readLeave(l)
		default:
			i := slices.Index(conductWords[:], word)
			if i < 0 {
				l.fail("unknown word %q", word)
			}
			g.Conduct = Conduct(max(i, 0))
		}
	}
	if l.err == nil && (g.Up <= 0 || g.Down <= 0) {
		l.fail("a group needs up and down")
	}
	return g
}

func (g *Group) readLeave(l *line) {
	switch word := l.next(); word {
	case "once-out":
		g.Leave = LeaveOnceOut
	case "after":
		g.Leave = LeaveAfter
		g.Stay = l.duration()
	default:
		l.fail("leave when? %q", word)
	}
}

// readMark reads "KEY at most VALUE" or "KEY at least VALUE".
func readMark(l *line) Mark {
	m := Mark{Key: l.next()}
	l.expect("at")
	switch word := l.next(); word {
	case "most":
	case "least":
		m.Least = true
	default:
		l.fail("at %q: want most or least", word)
	}
	m.Value = l.number(1e9)
	return m
}

// check looks at the story as a whole.
func (s *Story) check() error {
	var seeds, peers bool
	for _, g := range s.Groups {
		seeds = seeds || g.Seed
		peers = peers || !g.Seed
		switch {
		case g.Leave == LeaveOnceOut && !g.Seed:
			return fmt.Errorf("only seeds can leave once-out, not %q", g.Name)
		case g.Missing > s.Pieces:
			return fmt.Errorf("%q miss %d of %d pieces", g.Name, g.Missing, s.Pieces)
		}
	}
	switch {
	case s.Pieces == 0:
		return errors.New("it says nothing of pieces")
	case !seeds || !peers:
		return errors.New("it needs seeds and peers")
	case s.Nodes() > maxNodes:
		return fmt.Errorf("%d nodes, at most %d are possible", s.Nodes(), maxNodes)
	case s.RTT[1] < s.RTT[0]:
		return fmt.Errorf("round trips from %v to %v", s.RTT[0], s.RTT[1])
	case s.Arrivals[1] < s.Arrivals[0]:
		return fmt.Errorf("arrivals from %d to %d", s.Arrivals[0], s.Arrivals[1])
	}
	return nil
}

func (l *line) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

func (l *line) next() string {
	if len(l.words) == 0 {
		l.fail("a word is missing at its end")
		return ""
	}
	w := l.words[0]
	l.words = l.words[1:]
	return w
}

func (l *line) expect(word string) {
	if w := l.next(); w != word {
		l.fail("%q instead of %q", w, word)
	}
}

func (l *line) count(most int) int {
	w := l.next()
	n, err := strconv.Atoi(w)
	if err != nil || n < 1 || n > most {
		l.fail("%q is no number from 1 to %d", w, most)
	}
	return n
}

func (l *line) number(most float64) float64 {
	w := l.next()
	x, err := strconv.ParseFloat(w, 64)
	if err != nil || !(x >= 0 && x <= most) {
		l.fail("%q is no number from 0 to %g", w, most)
		return 0
	}
	return x
}

func (l *line) duration() time.Duration {
	w := l.next()
	d, err := time.ParseDuration(w)
	if err != nil || d < 0 || d > maxDuration {
		l.fail("%q is no time such as 20ms or 2s", w)
	}
	return d
}

// size reads bytes with KiB or MiB.
func (l *line) size() int64 {
	w := l.next()
	number, unit := strings.TrimSuffix(w, "KiB"), int64(1<<10)
	if number == w {
		number, unit = strings.TrimSuffix(w, "MiB"), 1<<20
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || number == w || n < 1 || n > maxPieceLength/unit {
		l.fail("%q is no size from 1KiB to 64MiB", w)
		return 1
	}
	return n * unit
}
