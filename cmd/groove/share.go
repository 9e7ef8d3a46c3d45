package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"groove/internal/clock"
	"groove/torrent"
	"groove/torrent/metainfo"
	"groove/tracker"
	"groove/tracker/serve"
)

type shareFlags struct {
	session       sessionFlags
	making        makingFlags
	trackerListen listenAddr
	public        string
	qr            bool
}

func shareCommand(e *env) *cobra.Command {
	var f shareFlags
	c := &cobra.Command{
		Use:   "share [PATH]",
		Short: "Make a torrent of a folder or file, and give it to whoever asks",
		Long: "Make a torrent of a folder or file, and give it to whoever asks, until Ctrl-C.\n" +
			"Without PATH, a small sample show of generated music is made and shared.\n\n" +
			fmt.Sprintf("Peers reach it on port %d. Without --tracker it runs a tracker itself, on port %d\n", defaultPeerPort, defaultTrackerPort) +
			"(TCP and UDP). Where a port is busy the next free one is taken.",
		Example: "  groove share ~/shows/1977-05-08\n" +
			"  groove share set2.flac --tracker udp://tracker.example.org:6969/announce --qr",
		Args: between(0, 1, "[PATH]"),
		RunE: func(c *cobra.Command, args []string) error {
			return runShare(c.Context(), e, f, strings.Join(args, ""))
		},
	}
	flags := c.Flags()
	flags.Var(&f.trackerListen, "tracker-listen",
		fmt.Sprintf("`ADDR` for the tracker (default :%d, or the next free one)", defaultTrackerPort))
	flags.StringVar(&f.public, "public", "", "`HOST` by which the world reaches this computer")
	flags.BoolVar(&f.qr, "qr", false, "draw the magnet link as a QR code")
	f.making.add(flags)
	f.session.add(flags)
	c.MarkFlagsMutuallyExclusive("tracker", "tracker-listen")
	return c
}

func runShare(ctx context.Context, e *env, f shareFlags, path string) (err error) {
	if strings.ContainsAny(f.public, "/:") && net.ParseIP(strings.Trim(f.public, "[]")) == nil {
		return misuse("--public takes a host alone, without port and scheme: %q", f.public)
	}
	s := newSpeaker(e, f.session.json)
	defer func() { s.end(err) }()
	if path == "" {
		if path, err = shareSample(s, &f.making); err != nil {
			return err
		}
	}
	if err := wantShow(path); err != nil {
		return err
	}
	cfg, err := f.session.config(e, "groove share")
	if err != nil {
		return err
	}
	cfg.Logger = s.logger()
	sess, err := listenOn(s, "peers", f.session.listen, defaultPeerPort, e.openAt(cfg))
	if err != nil {
		return err
	}
	sh := &sharing{e: e, s: s, f: f, sess: sess}
	sh.reach = reach{listen: sess.Addrs(), own: ownAddrs(), public: strings.Trim(f.public, "[]")}
	defer func() { err = errors.Join(err, sh.close()) }()
	if err := sh.startTracker(); err != nil {
		return err
	}
	return sh.run(ctx, path)
}

// shareSample makes the sample show; its torrent stays beside it.
func shareSample(s *speaker, f *makingFlags) (string, error) {
	path, err := makeSample()
	if err != nil {
		return "", err
	}
	if f.out == "" {
		f.out = path + ".torrent"
	}
	s.say("No folder was named, so here is a sample show: three generated tracks in\n  %s\n", path)
	return path, nil
}

// sharing is one run of share.
type sharing struct {
	e       *env
	s       *speaker
	f       shareFlags
	sess    session
	reach   reach
	tracker *serve.Server // nil with --tracker
	tiers   [][]string
	job     job
	meta    *metainfo.Metainfo
	out     string // where the torrent file is
	told    bool   // how others get it
}

// startTracker runs the embedded tracker, unless another one is named.
func (sh *sharing) startTracker() error {
	sh.tiers = sh.f.making.trackers
	if sh.tiers != nil {
		return nil
	}
	var seed [16]byte
	rand.Read(seed[:])
	rng := mathrand.New(mathrand.NewPCG(binary.LittleEndian.Uint64(seed[:]), binary.LittleEndian.Uint64(seed[8:])))
	server, err := listenOn(sh.s, "the tracker", sh.f.trackerListen, defaultTrackerPort, func(addr string) (*serve.Server, error) {
		return serve.Listen(serve.Config{
			Addr: addr, Tracker: tracker.New(tracker.Config{Listed: true, Interval: embeddedInterval}, rng),
			SeedPort: sh.reach.port(), Public: sh.reach.public, Logger: sh.s.logger(),
		})
	})
	if err != nil {
		return err
	}
	sh.tracker = server
	sh.reach.trackerPort = server.Addrs()[0].Port()
	for _, u := range server.URLs() {
		sh.tiers = append(sh.tiers, []string{u})
	}
	return nil
}

// close ends the session before the tracker, so that it can say goodbye there.
func (sh *sharing) close() error {
	err := sh.sess.Close()
	if sh.tracker != nil {
		err = errors.Join(err, sh.tracker.Close())
	}
	return err
}

func (sh *sharing) run(ctx context.Context, path string) error {
	var err error
	if sh.meta, sh.out, err = makeTorrent(ctx, sh.e, sh.s, &sh.f.making, path, sh.tiers); err != nil {
		return err
	}
	if sh.tracker != nil {
		sh.tracker.Do(func(_ clock.Time, t *tracker.Tracker) {
			for _, h := range sh.meta.Info.ID.Shorts() {
				t.Seed(h)
			}
		})
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find %q: %w", path, err)
	}
	// What was hashed a moment ago need not be hashed again.
	if sh.job, err = sh.sess.Add(torrent.AddOptions{Metainfo: sh.meta, Dir: filepath.Dir(abs), Seed: true, Trust: true}); err != nil {
		return err
	}
	footer := func(_ time.Time, stats torrent.Stats) string { return windowFooter(stats) }
	w := &watcher{e: sh.e, s: sh.s, job: sh.job, giving: true, step: sh.step, footer: footer}
	err = w.run(ctx)
	if errors.Is(err, errInterrupted) {
		farewell(sh.s, sh.job.Stats())
		return nil
	}
	return err
}

// step tells how others get it, and then only looks for trouble: sharing has no end.
func (sh *sharing) step(_ time.Time, stats torrent.Stats) (bool, error) {
	if stats.State == torrent.Failed {
		return true, stats.Err
	}
	if !sh.told && stats.State != torrent.Checking {
		sh.told = true
		return false, sh.tell()
	}
	return false, nil
}
