package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// lingerTime is how long a complete get without a terminal gives at most, before it ends.
const lingerTime = 60 * time.Second

type getFlags struct {
	session   sessionFlags
	peers     peerAddrs
	stay      bool
	stayFor   time.Duration
	selected  globs
	timeout   time.Duration
	overwrite bool
}

func getCommand(e *env) *cobra.Command {
	var f getFlags
	c := &cobra.Command{
		Use:   "get LINK [DIR]",
		Short: "Get a show, then keep a window open for others",
		Long: "Get a show, verify every byte, then keep a window open for others.\n\n" +
			"LINK is a .torrent file, the http(s) address of one, or a magnet link (in quotes).\n" +
			"DIR is the folder that will contain the show's folder (default: here). Run again after an\n" +
			"interruption, it goes on where it was.\n\n" +
			"On a terminal the window stays open until Ctrl-C; in a script get ends when it is done.\n" +
			fmt.Sprintf("Peers reach it on port %d, or the next free one.", defaultPeerPort),
		Example: "  groove get \"magnet:?xt=urn:btih:...\" ~/shows\n" +
			"  groove get show.torrent --select \"**/*.flac\" --timeout 2h --json",
		Args: between(1, 2, "LINK [DIR]"),
		RunE: func(c *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 2 {
				dir = args[1]
			}
			return runGet(c.Context(), e, f, args[0], dir)
		},
		ValidArgsFunction: completeTorrentThenFolder,
	}
	flags := c.Flags()
	flags.Var(&f.peers, "peer", "dial the peer at `ADDR`, without any tracker (again for more)")
	flags.BoolVar(&f.stay, "stay", false, "keep the window open until interrupted, also in a script")
	flags.DurationVar(&f.stayFor, "stay-for", 0, "keep the window open for `DURATION`, as 90m")
	flags.Var(&f.selected, "select", "get only paths inside the show that match `GLOB`, ** for any folders (again for more)")
	flags.DurationVar(&f.timeout, "timeout", 0, "give up if it is not complete after `DURATION`; what is there is kept")
	flags.BoolVar(&f.overwrite, "overwrite", false, "overwrite files that are there and differ")
	f.session.add(flags)
	c.MarkFlagsMutuallyExclusive("stay", "stay-for")
	return c
}

func runGet(ctx context.Context, e *env, f getFlags, link, dir string) (err error) {
	begun := e.now()
	if f.stayFor < 0 || f.timeout < 0 {
		return misuse("a duration cannot be negative")
	}
	s := newSpeaker(e, f.session.json)
	defer func() { s.end(err) }()
	src, err := openLink(ctx, link, f.session.allowLocal)
	if err != nil {
		return err
	}
	cfg, err := f.session.config(e, "groove get")
	if err != nil {
		return err
	}
	cfg.Logger = s.logger()
	sess, err := listenOn(s, "peers", f.session.listen, defaultPeerPort, e.openAt(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	j, err := sess.Add(torrent.AddOptions{
		Metainfo: src.meta, Magnet: src.magnet, Dir: dir,
		Peers: f.peers, Select: f.selected, Overwrite: f.overwrite,
	})
	if err != nil {
		return err
	}
	g := &getting{e: e, s: s, f: f, src: src, dir: dir, begun: begun, sess: sess, job: j}
	return g.run(ctx)
}

// getting is one run of get, from the torrent added to the window closed.
type getting struct {
	e     *env
	s     *speaker
	f     getFlags
	src   source
	dir   string
	begun time.Time
	sess  session
	job   job

	named   bool      // the torrent's name and files are known and told
	doneAt  time.Time // zero until it is complete
	givenAt int64     // bytes given when it became complete
}

func (g *getting) run(ctx context.Context) error {
	name := ""
	if g.src.magnet != nil {
		name = g.src.magnet.Name
	}
	g.tellReady()
	w := &watcher{e: g.e, s: g.s, job: g.job, name: name, step: g.step, footer: g.footer}
	err := w.run(ctx)
	if errors.Is(err, errInterrupted) {
		if !g.doneAt.IsZero() {
			farewell(g.s, g.job.Stats())
			return nil
		}
		return &failure{"interrupted", "the same command goes on where it was", exitInterrupted,
			fmt.Errorf("%w at %s", err, g.howFar())}
	}
	return err
}

func (g *getting) tellReady() {
	if g.src.meta == nil {
		g.s.ready(magnetReady(g.src.magnet, g.sess.Addrs()))
		return
	}
	g.named = true
	g.s.ready(readyOf("ready", g.src.meta, g.src.path, g.sess.Addrs()))
}

// step is called a few times a second.
func (g *getting) step(now time.Time, stats torrent.Stats) (end bool, err error) {
	if stats.State == torrent.Failed {
		return true, stats.Err
	}
	m := g.job.Metainfo()
	if m != nil && !g.named {
		g.named = true
		g.s.ready(readyOf("metadata", m, "", g.sess.Addrs()))
	}
	if !g.doneAt.IsZero() {
		return g.mayClose(now, stats, m), nil
	}
	if stats.State == torrent.Seeding && m != nil {
		g.doneAt, g.givenAt = now, stats.Up
		g.s.complete(stats, doneEvent{"done", g.path(m), stats.Total, now.Sub(g.begun).Seconds()})
		return g.mayClose(now, stats, m), nil
	}
	if g.f.timeout > 0 && now.Sub(g.begun) >= g.f.timeout {
		why := ""
		if stats.Waiting != "" {
			why = "; " + stats.Waiting
		}
		return true, fail("timeout", "the same command goes on where it was", "not complete after %v: stopped at %s%s", g.f.timeout, g.howFar(), why)
	}
	return false, nil
}

// mayClose reports whether the window of a complete torrent may close by itself.
func (g *getting) mayClose(now time.Time, stats torrent.Stats, m *metainfo.Metainfo) bool {
	switch {
	case g.f.stayFor > 0:
		return now.Sub(g.doneAt) >= g.f.stayFor
	case g.f.stay || g.s.people():
		return false
	}
	return lacking(stats) == 0 ||
		stats.Up-g.givenAt >= int64(m.Info.Layout.PieceLength()) ||
		now.Sub(g.doneAt) >= lingerTime
}

func (g *getting) footer(now time.Time, stats torrent.Stats) string {
	switch {
	case g.doneAt.IsZero():
		return "Ctrl-C stops; the same command goes on where it was."
	case g.f.stayFor > 0:
		return "Your window closes in " + humanDuration(g.doneAt.Add(g.f.stayFor).Sub(now)) + "; Ctrl-C closes it now."
	}
	return windowFooter(stats)
}

// howFar says how much is there.
func (g *getting) howFar() string {
	stats := g.job.Stats()
	if stats.Total == 0 {
		return "the start: the list of files has not come yet"
	}
	return fmt.Sprintf("%d %%, %s of %s", percent(stats.Done, stats.Total), humanBytes(stats.Done), humanBytes(stats.Total))
}

// path is where the show lies.
func (g *getting) path(m *metainfo.Metainfo) string {
	path := filepath.Join(g.dir, m.Info.Name)
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
