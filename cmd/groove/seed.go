package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"groove/torrent"
)

type seedFlags struct {
	session sessionFlags
	peers   peerAddrs
	trust   bool
	timeout time.Duration
}

func seedCommand(e *env) *cobra.Command {
	var f seedFlags
	c := &cobra.Command{
		Use:   "seed TORRENT DIR",
		Short: "Give what is already there to whoever asks",
		Long: "Check the files in DIR/NAME against a torrent, then give them to whoever asks, until Ctrl-C.\n" +
			"Files are never written. DIR is the folder that contains NAME.\n\n" +
			fmt.Sprintf("Peers reach it on port %d, or the next free one.", defaultPeerPort),
		Example: "  groove seed 1977-05-08.torrent ~/shows",
		Args:    between(2, 2, "TORRENT DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			return runSeed(c.Context(), e, f, args[0], args[1])
		},
		ValidArgsFunction: completeTorrentThenFolder,
	}
	flags := c.Flags()
	flags.Var(&f.peers, "peer", "dial the peer at `ADDR`, without any tracker (again for more)")
	flags.BoolVar(&f.trust, "trust", false, "do not check the files first")
	flags.DurationVar(&f.timeout, "timeout", 0, "close the window after `DURATION`; the exit code is 1 if the check was not done by then")
	f.session.add(flags)
	return c
}

func runSeed(ctx context.Context, e *env, f seedFlags, file, dir string) (err error) {
	begun := e.now()
	if f.timeout < 0 {
		return misuse("a duration cannot be negative")
	}
	s := newSpeaker(e, f.session.json)
	defer func() { s.end(err) }()
	src, err := openLink(ctx, file, f.session.allowLocal)
	if err != nil {
		return err
	}
	if src.meta == nil {
		return fail("not_a_torrent", "seed needs the torrent file", "seed a magnet link: it does not say what the files must be")
	}
	if err := wantFolder(dir); err != nil {
		return err
	}
	cfg, err := f.session.config(e, "groove seed")
	if err != nil {
		return err
	}
	cfg.Logger = s.logger()
	sess, err := listenOn(s, "peers", f.session.listen, defaultPeerPort, e.openAt(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	j, err := sess.Add(torrent.AddOptions{Metainfo: src.meta, Dir: dir, Peers: f.peers, Seed: true, Trust: f.trust})
	if err != nil {
		return err
	}
	sd := &seeding{s: s, src: src, sess: sess, begun: begun, timeout: f.timeout}
	w := &watcher{e: e, s: s, job: j, giving: true, step: sd.step, footer: sd.footer}
	err = w.run(ctx)
	if errors.Is(err, errInterrupted) {
		if !sd.ready {
			return &failure{"interrupted", "", exitInterrupted, fmt.Errorf("%w while checking", err)}
		}
		err = nil
	}
	if err == nil {
		farewell(s, j.Stats())
	}
	return err
}

// seeding is one run of seed.
type seeding struct {
	s       *speaker
	src     source
	sess    session
	begun   time.Time
	timeout time.Duration
	ready   bool
}

func (sd *seeding) step(now time.Time, stats torrent.Stats) (bool, error) {
	late := sd.timeout > 0 && now.Sub(sd.begun) >= sd.timeout
	switch {
	case stats.State == torrent.Failed:
		return true, stats.Err
	case stats.State == torrent.Checking && late:
		return true, fail("timeout", "give it more time, or --trust the files", "not checked after %v", sd.timeout)
	case stats.State == torrent.Checking:
		return false, nil
	}
	if !sd.ready {
		sd.ready = true
		sd.tell(stats)
	}
	return late, nil
}

// tell says that the window is open.
func (sd *seeding) tell(stats torrent.Stats) {
	if stats.Done < stats.Total {
		sd.s.note("only %s of %s are there and right (%d %%); only these are given",
			humanBytes(stats.Done), humanBytes(stats.Total), percent(stats.Done, stats.Total))
	}
	sd.s.ready(readyOf("ready", sd.src.meta, sd.src.path, sd.sess.Addrs()))
	sd.s.say("Seeding %s (%s) on port %d.", printable(sd.src.meta.Info.Name), humanBytes(stats.Done), reach{listen: sd.sess.Addrs()}.port())
}

func (sd *seeding) footer(_ time.Time, stats torrent.Stats) string {
	if !sd.ready {
		return "Ctrl-C stops."
	}
	return windowFooter(stats)
}
