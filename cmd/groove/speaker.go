package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"groove/torrent"
)

// How often people and scripts are told.
const (
	drawEvery    = 500 * time.Millisecond
	checkEvery   = 200 * time.Millisecond // without a picture: how soon an end is noticed
	jsonEvery    = time.Second
	waitingAfter = 5 * time.Second // a reason for standing still must last so long to be told
)

// speaker tells how a long command goes: as JSON lines, as a live picture, or, where stdout is
// neither, in few words.
type speaker struct {
	e      *env
	json   *jsonLines // nil without --json
	screen *screen    // nil where nothing can be drawn

	opened    bool      // scripts have been told that we are ready
	told      time.Time // of the last progress as JSON
	waiting   string    // why nothing moves
	since     time.Time // when that began
	waitingOK bool      // that has been told
}

func newSpeaker(e *env, asJSON bool) *speaker {
	s := &speaker{e: e}
	switch {
	case asJSON:
		s.json = &jsonLines{out: e.stdout}
	case e.canDraw():
		s.screen = newScreen(e.stdout, e.size)
	}
	return s
}

// people reports whether somebody looks at what we say.
func (s *speaker) people() bool { return s.json == nil && s.e.terminal() }

// say prints what a person wants to read or copy.
func (s *speaker) say(format string, args ...any) {
	switch {
	case s.json != nil:
	case s.screen != nil:
		fmt.Fprintf(s.screen, format+"\n", args...)
	default:
		fmt.Fprintf(s.e.stdout, format+"\n", args...)
	}
}

// note prints a remark.
func (s *speaker) note(format string, args ...any) {
	fmt.Fprintln(s.remarks(), "groove: "+printable(hideSecrets(fmt.Sprintf(format, args...))))
}

// remarks is stderr, above the picture if both are on one terminal.
func (s *speaker) remarks() io.Writer {
	if s.screen != nil && s.e.errTerminal {
		return s.screen
	}
	return s.e.stderr
}

// logger is for -v.
func (s *speaker) logger() *slog.Logger {
	switch s.e.verbose {
	case 0:
		return nil
	case 1:
		return slog.New(slog.NewTextHandler(s.remarks(), nil))
	}
	return slog.New(slog.NewTextHandler(s.remarks(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// ready tells scripts that it begins; nothing else stands before that.
func (s *speaker) ready(r readyEvent) {
	if s.json != nil {
		s.opened = true
		s.json.write(r)
	}
}

// every is how often show wants to be called.
func (s *speaker) every() time.Duration {
	if s.screen != nil {
		return drawEvery
	}
	return checkEvery
}

// show tells how it goes.
func (s *speaker) show(v view) {
	switch {
	case s.json != nil:
		if now := s.e.now(); s.opened && now.Sub(s.told) >= jsonEvery {
			s.told = now
			s.json.write(progressOf(v.Stats))
		}
	case s.screen != nil:
		v.color = s.e.color()
		s.screen.draw(func(width int) []string { return render(v, width) })
		return
	}
	s.tellWaiting(v)
}

// tellWaiting says once why nothing moves, if that lasts.
func (s *speaker) tellWaiting(v view) {
	now := s.e.now()
	if v.Waiting != s.waiting {
		s.waiting, s.since, s.waitingOK = v.Waiting, now, false
	}
	if v.Waiting == "" || s.waitingOK || v.giving || now.Sub(s.since) < waitingAfter {
		return
	}
	s.waitingOK = true
	s.note("%s", v.Waiting)
	if s.json != nil {
		s.json.write(errorEvent{"error", "waiting", printable(hideSecrets(v.Waiting)), nil, false})
	}
}

// complete tells of 100 %.
func (s *speaker) complete(stats torrent.Stats, d doneEvent) {
	if s.json != nil {
		s.told = s.e.now()
		s.json.write(progressOf(stats))
		s.json.write(d)
		return
	}
	took := time.Duration(d.Seconds * float64(time.Second))
	s.say("Got %s: %s in %s, every byte verified.", printable(d.Path), humanBytes(d.Bytes), humanDuration(took))
}

// end takes leave: the picture stays as it was last drawn if something went wrong, and scripts
// hear of that.
func (s *speaker) end(err error) {
	if s.screen != nil {
		if err == nil {
			s.screen.clear()
		}
		s.screen.leave()
		io.WriteString(s.e.stdout, "\r\x1b[K") // where the terminal has printed ^C
	}
	if err != nil && s.json != nil {
		s.json.failed(err, true)
	}
}
