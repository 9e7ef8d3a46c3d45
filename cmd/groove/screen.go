package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// screen keeps one live block at the end of a terminal. What is written to it appears above the
// block, so that a log and the picture do not disturb each other. It is safe for concurrent use.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	size  func() (width, height int, ok bool)
	block []string // as last drawn
	width int      // when it was drawn
	half  string   // a line that was written in part
}

func newScreen(out io.Writer, size func() (int, int, bool)) *screen {
	return &screen{out: out, size: size}
}

// draw replaces the block. make gets the columns that a line may take.
func (s *screen) draw(render func(width int) []string) {
	width, height, ok := s.size()
	if !ok {
		return
	}
	// The last column stays empty: some terminals wrap as soon as it is filled.
	lines := render(width - 1)
	if most := max(height-1, 1); len(lines) > most {
		lines = append(lines[:most-1:most-1], lines[len(lines)-1])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	s.erase(&b, width)
	s.paint(&b, lines)
	s.block, s.width = lines, width
	io.WriteString(s.out, b.String())
}

// Write prints whole lines above the block; the rest of a line waits for its end.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.half += string(p)
	end := strings.LastIndexByte(s.half, '\n')
	if end < 0 {
		return len(p), nil
	}
	width, _, ok := s.size()
	if !ok {
		width = s.width
	}
	var b strings.Builder
	s.erase(&b, width)
	b.WriteString(s.half[:end+1])
	s.half = s.half[end+1:]
	s.paint(&b, s.block)
	s.width = width
	if _, err := io.WriteString(s.out, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// leave lets the block stand as it is and begins a new one below it.
func (s *screen) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.block = nil
}

// clear takes the block away.
func (s *screen) clear() {
	width, _, _ := s.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	s.erase(&b, width)
	s.block = nil
	io.WriteString(s.out, b.String())
}

// erase moves to where the block begins and empties the screen from there. A terminal that has
// become narrower has broken long lines in two or more.
func (s *screen) erase(b *strings.Builder, width int) {
	rows := 0
	for _, line := range s.block {
		rows++
		if width > 0 && width < s.width {
			rows += max(visibleColumns(line)-1, 0) / width
		}
	}
	if rows > 0 {
		fmt.Fprintf(b, "\r\x1b[%dA\x1b[J", rows)
	}
}

func (s *screen) paint(b *strings.Builder, lines []string) {
	for _, line := range lines {
		b.WriteString(line)
		b.WriteString("\x1b[K\r\n")
	}
}

// visibleColumns is columns of a line that may hold colours.
func visibleColumns(line string) int {
	for _, color := range []string{colorLit, colorTrouble, colorOff} {
		line = strings.ReplaceAll(line, color, "")
	}
	return columns(line)
}
