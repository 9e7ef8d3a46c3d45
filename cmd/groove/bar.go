package main

import (
	"fmt"
	"sync"
	"time"
)

// A bar shows how far one step of work on local files is: one line on a terminal, nothing elsewhere.
type bar struct {
	mu     sync.Mutex
	e      *env
	screen *screen // nil: it stays quiet
	what   string
	begun  time.Time
	drawn  time.Time
}

func newBar(e *env, people bool, what string) *bar {
	b := &bar{e: e, what: printable(what), begun: e.now()}
	if people && e.canDraw() {
		b.screen = newScreen(e.stdout, e.size)
	}
	return b
}

// show may be called as often as one likes, also from several goroutines.
func (b *bar) show(done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.e.now()
	if b.screen == nil || now.Sub(b.drawn) < drawEvery/4 {
		return
	}
	b.drawn = now
	rest := fmt.Sprintf(" %3d %%", percent(done, total))
	if spent := now.Sub(b.begun).Seconds(); spent > 1 && done > 0 {
		rate := float64(done) / spent
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		rest += fmt.Sprintf("   %s   %s left", humanRate(int64(rate)), humanDuration(left))
	}
	b.screen.draw(func(width int) []string {
		return []string{cut(" "+b.what, width), cut(" "+drawBar(done, total, width)+rest, width)}
	})
}

// clear takes the bar away.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.screen != nil {
		b.screen.clear()
		b.screen = nil
	}
}
