package main

import (
	"strings"

	"rsc.io/qr"
)

// quietZone is how many light modules surround a QR code; readers need about that many.
const quietZone = 2

// drawQR draws a text as a QR code from half blocks, two rows of modules a line. With color it is
// black on white, as every reader likes it; without, light modules are drawn, for dark terminals.
func drawQR(text string, color bool) ([]string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, fail("qr_too_long", "leave --qr away: the link has too many trackers for one", "draw the link as a QR code: %w", err)
	}
	light := func(x, y int) bool { return !code.Black(x, y) } // outside the code everything is light
	var lines []string
	for y := -quietZone; y < code.Size+quietZone; y += 2 {
		var b strings.Builder
		for x := -quietZone; x < code.Size+quietZone; x++ {
			b.WriteString(halfBlock(light(x, y), light(x, y+1)))
		}
		line := b.String()
		if color {
			line = "\x1b[97;40m" + line + colorOff
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func halfBlock(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
