package main

import (
	"context"
	"fmt"
	"time"

	"groove/torrent"
)

// A watcher follows one torrent of a session until its command is done with it.
type watcher struct {
	e      *env
	s      *speaker
	job    job
	name   string // to show while the torrent's own is unknown
	giving bool

	// step looks at the torrent and says whether this is the end.
	step func(now time.Time, stats torrent.Stats) (end bool, err error)
	// footer is the picture's last line.
	footer func(now time.Time, stats torrent.Stats) string
}

// run returns what step returned, or why ctx ended.
func (w *watcher) run(ctx context.Context) error {
	events := w.job.Events()
	tick := time.NewTicker(w.s.every())
	defer tick.Stop()
	for {
		now, stats := w.e.now(), w.job.Stats()
		end, err := w.step(now, stats)
		if stats.Name == "" {
			stats.Name = w.name
		}
		w.s.show(view{Stats: stats, giving: w.giving, footer: w.footer(now, stats)})
		if end || err != nil {
			return err
		}
		if err := w.wait(ctx, &events, tick.C); err != nil {
			return err
		}
	}
}

// wait returns when it is time to look again. Pieces come by the thousand and are left to the tick.
func (w *watcher) wait(ctx context.Context, events *<-chan torrent.Event, tick <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick:
			return nil
		case e, ok := <-*events:
			switch {
			case !ok:
				*events = nil // the session closes it; the tick goes on
			case e.Kind == torrent.PeerBanned:
				w.s.note("dropped %v: it sent wrong data", e.Addr)
			case e.Kind != torrent.PieceDone && e.Kind != torrent.PieceCorrupt:
				return nil
			}
		}
	}
}

// lacking counts the peers that still get something from us.
func lacking(stats torrent.Stats) int {
	n := 0
	for _, p := range stats.Peers {
		if p.Lacks {
			n++
		}
	}
	return n
}

// windowFooter is the last line of a picture while our window is open.
func windowFooter(stats torrent.Stats) string {
	switch n := lacking(stats); n {
	case 0:
		return "Your window is open. Ctrl-C closes it."
	case 1:
		return "Ctrl-C closes your window; 1 person is still getting this."
	default:
		return "Ctrl-C closes your window; " + fmt.Sprint(n) + " people are still getting this."
	}
}
