package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"groove/torrent"
)

// Sizes of the live picture.
const (
	pictureColumns = 80 // it is never wider: a line over a whole screen reads badly
	picturePeers   = 6
	barColumns     = 32 // where there is room
	barRoom        = 48 // columns for what stands beside it
	addrColumns    = 22
	clientColumns  = 18
)

// The windows: one for every peer, after how much it can give.
const (
	windowLit  = "▣" // it has everything
	windowHalf = "◧" // it has a part
	windowDark = "□" // it has nothing yet
)

// ANSI sequences of the two colours in use.
const (
	colorLit     = "\x1b[33m"
	colorTrouble = "\x1b[31m"
	colorOff     = "\x1b[0m"
)

// view is everything that the live picture shows.
type view struct {
	torrent.Stats
	giving bool   // share and seed: what counts is what others have
	footer string // the last line: what to do
	color  bool
}

// render draws a view as at most 12 lines of at most width columns.
func render(v view, width int) []string {
	width = min(width, pictureColumns)
	lines := []string{v.title(width), v.bar(width)}
	if v.Err != nil {
		lines = append(lines, v.paint(colorTrouble, cut("  "+sentence(v.Err), width)))
	} else if v.Waiting != "" {
		waiting := cut("  "+printable(v.Waiting), width)
		if !v.giving {
			waiting = v.paint(colorTrouble, waiting)
		}
		lines = append(lines, waiting)
	}
	lines = append(lines, v.windows(width))
	lines = append(lines, v.peers(width)...)
	return append(lines, cut("  "+v.footer, width))
}

// title is the name, and on the right how much there is.
func (v view) title(width int) string {
	right := humanBytes(v.Total)
	switch {
	case v.Total == 0:
		right = ""
	case !v.giving && v.Done < v.Total && v.State != torrent.Checking:
		right = humanBytes(v.Done) + " of " + right
	}
	name := printable(v.Name)
	if name == "" {
		name = "(a name that peers will tell)"
	}
	room := max(width-columns(right)-3, 1)
	return strings.TrimRight(cut(" "+pad(name, room)+"  "+right, width), " ")
}

// bar is the second line: a bar while something is to come, and the rates.
func (v view) bar(width int) string {
	switch {
	case v.State == torrent.Checking:
		share := int64(v.Checked * 1000)
		return cut(fmt.Sprintf(" %s %3d %%   checking what is there", drawBar(share, 1000, width), percent(share, 1000)), width)
	case v.giving:
		line := fmt.Sprintf(" ↑ %s   %s given", humanRate(v.UpRate), humanBytes(v.Up))
		if v.Total > 0 {
			line += fmt.Sprintf(", %.2f copies", float64(v.Up)/float64(v.Total))
		}
		return cut(line, width)
	case v.State == torrent.FetchingMetadata:
		return cut(" "+drawBar(0, 1, width)+"       asking peers for the list of files", width)
	}
	line := fmt.Sprintf(" %s %3d %%   ", drawBar(v.Done, v.Total, width), percent(v.Done, v.Total))
	switch {
	case v.State == torrent.Seeding:
		line += "↑ " + humanRate(v.UpRate)
	case v.State == torrent.Paused || v.State == torrent.Failed:
		line += v.State.String()
	default:
		line += "↓ " + humanRate(v.DownRate)
		if v.ETA >= 0 && v.DownRate > 0 {
			line += "   " + humanDuration(v.ETA) + " left"
		}
	}
	return cut(line, width)
}

func drawBar(done, total int64, width int) string {
	columns := min(max(width-barRoom, 0), barColumns)
	full := 0
	if total > 0 {
		full = int(float64(done) / float64(total) * float64(columns))
	}
	return strings.Repeat("█", full) + strings.Repeat("░", columns-full)
}

// windows is the row of peers' windows, the fullest first, and what they have together.
func (v view) windows(width int) string {
	if len(v.Peers) == 0 {
		return cut("  nobody is connected", width)
	}
	var seeds, part int
	for _, p := range v.Peers {
		switch {
		case p.Done >= 1:
			seeds++
		case p.Done > 0:
			part++
		}
	}
	dark := len(v.Peers) - seeds - part
	copies := math.Floor(v.Copies*100) / 100 // 0.999 is not yet a copy
	text := fmt.Sprintf("   %s, %d complete, %.2f copies among them", counted(len(v.Peers), "peer"), seeds, copies)
	text = cut(text, max(width-2-6, 0)) // six windows at least
	room := max(width-2-columns(text), 0)
	lit, half := min(seeds, room), min(part, max(room-seeds, 0))
	row := v.paint(colorLit, strings.Repeat(windowLit, lit)) + strings.Repeat(windowHalf, half) +
		strings.Repeat(windowDark, min(dark, max(room-seeds-part, 0)))
	if width < 2 {
		return ""
	}
	return "  " + row + text
}

// peers is a line for each of the busiest peers.
func (v view) peers(width int) []string {
	busiest := slices.Clone(v.Peers)
	slices.SortStableFunc(busiest, func(a, b torrent.PeerStats) int {
		return cmp.Or(
			cmp.Compare(b.DownRate+b.UpRate, a.DownRate+a.UpRate),
			cmp.Compare(b.Down+b.Up, a.Down+a.Up),
			a.Addr.Compare(b.Addr),
		)
	})
	var lines []string
	for _, p := range busiest[:min(len(busiest), picturePeers)] {
		client := printable(p.Client)
		if p.Web {
			client = "web seed"
		}
		lines = append(lines, cut(fmt.Sprintf("  %s %s %3d %%  ↓ %s  ↑ %s",
			pad(p.Addr.String(), addrColumns), pad(client, clientColumns), percent(int64(p.Done*1000), 1000),
			padLeft(humanRate(p.DownRate), 10), padLeft(humanRate(p.UpRate), 10)), width))
	}
	return lines
}

func (v view) paint(color, s string) string {
	if !v.color || s == "" {
		return s
	}
	return color + s + colorOff
}
