package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// emulate keeps the rows of a terminal that knows just what screen uses, and breaks lines anew
// when its width changes, as most do.
type emulate struct {
	width, height int
	lines         []string // logical lines; the cursor is behind the last
}

func (t *emulate) Write(p []byte) (int, error) {
	s := string(p)
	for s != "" {
		switch {
		case strings.HasPrefix(s, "\r\x1b["):
			var up int
			fmt.Sscanf(s[3:], "%dA", &up)
			s = s[strings.Index(s, "\x1b[J")+3:]
			for rows := 0; rows < up; {
				last := t.lines[len(t.lines)-1]
				rows += 1 + max(visibleColumns(last)-1, 0)/t.width
				t.lines = t.lines[:len(t.lines)-1]
			}
		default:
			line, rest, ok := strings.Cut(s, "\n")
			if !ok {
				return 0, fmt.Errorf("a line without an end: %q", s)
			}
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\r"), "\x1b[K")
			t.lines = append(t.lines, line)
			s = rest
		}
	}
	return len(p), nil
}

func (t *emulate) size() (int, int, bool) { return t.width, t.height, true }

func TestScreenKeepsOneBlockUnderTheLogAlsoWhenResized(t *testing.T) {
	term := &emulate{width: 80, height: 24}
	s := newScreen(term, term.size)
	block := func(n int) func(int) []string {
		return func(width int) []string {
			var lines []string
			for i := range n {
				lines = append(lines, cut(strings.Repeat(fmt.Sprint(i), 200), width))
			}
			return lines
		}
	}
	s.draw(block(5))
	fmt.Fprintf(s, "half a ")
	s.draw(block(7))
	fmt.Fprintf(s, "remark\nand another\n")
	term.width = 30
	s.draw(block(7))
	term.width, term.height = 120, 4
	s.draw(block(7))
	want := []string{"half a remark", "and another"}
	if got := term.lines[:len(term.lines)-3]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("above the block stands %q, want %q", got, want)
	}
	if last := term.lines[len(term.lines)-1]; last[0] != '6' {
		t.Errorf("a low terminal shows %q, and should keep the last line", last)
	}
	s.clear()
	if len(term.lines) != 2 {
		t.Errorf("after clear there is %q", term.lines)
	}
}

func TestQRIsReadableWithAndWithoutColour(t *testing.T) {
	lines, err := drawQR("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567", false)
	if err != nil {
		t.Fatal(err)
	}
	side := columns(lines[0])
	if len(lines) != (side+1)/2 {
		t.Errorf("%d lines of %d columns are no square", len(lines), side)
	}
	for _, line := range lines {
		if columns(line) != side || !strings.HasPrefix(line, "█") && !strings.HasPrefix(line, "▀") {
			t.Errorf("line %q has no light border, or another width", line)
		}
	}
	if _, err := drawQR(strings.Repeat("x", 5000), false); err == nil {
		t.Error("5,000 bytes were drawn")
	}
	var b bytes.Buffer
	coloured, _ := drawQR("x", true)
	fmt.Fprint(&b, coloured)
	if !strings.Contains(b.String(), colorOff) {
		t.Error("colour is not taken back at the end of the line")
	}
}
