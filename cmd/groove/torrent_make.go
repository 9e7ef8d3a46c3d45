package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
)

type makeFlags struct {
	making makingFlags
	json   bool
}

func makeCommand(e *env) *cobra.Command {
	var f makeFlags
	c := &cobra.Command{
		Use:   "make PATH",
		Short: "Make a torrent of a folder or file, without sharing it",
		Long: "Make a torrent of a folder or file, without sharing it. The same files give the same torrent,\n" +
			"byte for byte.",
		Example: "  groove torrent make ~/shows/1977-05-08 --tracker udp://tracker.example.org:6969/announce",
		Args:    between(1, 1, "PATH"),
		RunE: func(c *cobra.Command, args []string) error {
			return runMake(c.Context(), e, f, args[0])
		},
	}
	f.making.add(c.Flags())
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object, as show does, with the torrent's path")
	return c
}

func runMake(ctx context.Context, e *env, f makeFlags, path string) error {
	if err := wantShow(path); err != nil {
		return err
	}
	s := newSpeaker(e, f.json)
	m, out, err := makeTorrent(ctx, e, s, &f.making, path, f.making.trackers)
	if err != nil {
		return err
	}
	if f.json {
		abs, err := filepath.Abs(out)
		if err != nil {
			return fmt.Errorf("find %q: %w", out, err)
		}
		return writeJSON(e.stdout, struct {
			Torrent string `json:"torrent"`
			shown
		}{abs, showMetainfo(m)})
	}
	fmt.Fprintln(e.stdout, printable(out))
	return nil
}
