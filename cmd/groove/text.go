package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// printable makes a stranger's text safe for a terminal: what is no visible character becomes "?".
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && r != unicode.ReplacementChar {
			return r
		}
		return '?'
	}, s)
}

// columns returns how many columns of a terminal s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens s to n columns, with an ellipsis where something is lost.
func cut(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	used := 1 // of the ellipsis
	for i, r := range s {
		if used += runeColumns(r); used > n {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills s with spaces to n columns, or cuts it.
func pad(s string, n int) string {
	s = cut(s, n)
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// padLeft is pad for numbers.
func padLeft(s string, n int) string {
	s = cut(s, n)
	return strings.Repeat(" ", max(0, n-columns(s))) + s
}

// humanBytes prints a count of bytes with three digits or so: 312 MiB.
func humanBytes(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		v /= 1 << 10
		if v < 9.995 {
			return fmt.Sprintf("%.2f %s", v, unit)
		}
		if v < 99.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
		if v < 1023.5 {
			return fmt.Sprintf("%.0f %s", v, unit)
		}
	}
	return fmt.Sprintf("%.0f PiB", v/(1<<10))
}

// humanRate prints bytes per second.
func humanRate(n int64) string { return humanBytes(n) + "/s" }

// humanDuration prints a length of time in its two largest units.
func humanDuration(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 60*60:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	case s < 48*60*60:
		return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d days", s/(24*3600))
}

// counted prints "1 file" or "2 files".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// percent rounds down, so that 100 is said only of what is complete.
func percent(done, total int64) int {
	if total <= 0 {
		return 0
	}
	return int(float64(done) / float64(total) * 100)
}
