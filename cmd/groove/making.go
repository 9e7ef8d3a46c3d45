package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// makingFlags say how a torrent is made; share and torrent make have them both.
type makingFlags struct {
	trackers    tierList
	webSeeds    webSeeds
	out         string
	format      format
	pieceLength byteSize
	private     bool
	comment     string
	source      string
	force       bool
}

func (f *makingFlags) add(flags *pflag.FlagSet) {
	flags.Var(&f.trackers, "tracker", "announce to `URL`: each flag a tier, commas join within one")
	flags.StringVar(&f.out, "out", "", "write the torrent to `FILE` (default ./NAME.torrent)")
	flags.Var(&f.format, "format", "`v1|hybrid|v2`: every client reads v1; Transmission 3 and aria2 cannot read hybrid; few read v2")
	flags.Var(&f.pieceLength, "piece-length", "`SIZE` of a piece, a power of two from 16KiB (default: chosen for 1,000 to 2,000 pieces)")
	flags.BoolVar(&f.private, "private", false, "peers come from the trackers alone; there is no magnet link")
	flags.StringVar(&f.comment, "comment", "", "`TEXT` to put into the torrent")
	flags.StringVar(&f.source, "source", "", "`TEXT` that makes this another torrent than one without it")
	flags.Var(&f.webSeeds, "webseed", "`URL` of a web server that has the files (again for more)")
	flags.BoolVar(&f.force, "force", false, "replace a torrent file that describes something else")
}

// format is which hashes a torrent has.
type format metainfo.Format

// Set reads what follows the flag.
func (f *format) Set(text string) error {
	parsed, err := metainfo.ParseFormat(text)
	*f = format(parsed)
	return err
}

func (f *format) String() string { return metainfo.Format(*f).String() }

// Type is what --help calls the value.
func (f *format) Type() string { return "FORMAT" }

// leftOut says which clients a format shuts out.
var leftOut = map[format]string{
	format(metainfo.Hybrid): "a hybrid torrent cannot be read by Transmission 3 and aria2",
	format(metainfo.V2):     "a v2 torrent can be read by libtorrent's clients (qBittorrent, Deluge) and Groove, and by few others",
}

// makeTorrent hashes a folder or file and writes its torrent, or reuses the one that is there.
func makeTorrent(ctx context.Context, e *env, s *speaker, f *makingFlags, path string, trackers [][]string) (*metainfo.Metainfo, string, error) {
	out, err := outPath(s, f.out, path)
	if err != nil {
		return nil, "", err
	}
	if why := leftOut[f.format]; why != "" {
		s.note("%s", why)
	}
	b := newBar(e, s.json == nil, "hashing "+filepath.Base(path))
	m, skipped, err := torrent.Make(ctx, path, torrent.MakeOptions{
		Format: metainfo.Format(f.format), PieceLength: int64(f.pieceLength), Private: f.private,
		Source: f.source, Comment: f.comment, CreatedBy: "Groove " + torrent.Version, Trackers: trackers, WebSeeds: f.webSeeds,
	}, b.show)
	b.clear()
	if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) {
		return nil, "", &failure{"interrupted", "", exitInterrupted, fmt.Errorf("%w; no torrent was written", cause)}
	}
	if err != nil {
		return nil, "", err
	}
	tellSkipped(s, skipped)
	w := saving{out: out, force: f.force, trackers: trackers != nil, comment: f.comment != "", webSeeds: f.webSeeds != nil}
	m, err = w.save(s, m)
	return m, out, err
}

// maxToldSkips is how many files that were left out are named.
const maxToldSkips = 5

func tellSkipped(s *speaker, skipped []torrent.Skipped) {
	for i, k := range skipped {
		if i == maxToldSkips {
			s.note("and %d more are left out", len(skipped)-i)
			return
		}
		s.note("left out %q: it %s", k.Path, k.Why)
	}
}

// wantShow refuses a path that cannot be shared before any socket is opened.
func wantShow(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("share %q: %w", path, bare(err))
	}
	if !st.IsDir() && !st.Mode().IsRegular() {
		return fail("not_a_file", "share a folder or a file", "share %q: it is neither a folder nor a file", path)
	}
	return nil
}
