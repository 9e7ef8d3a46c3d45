package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"groove/torrent"
)

// checked is what check prints as JSON.
type checked struct {
	Files []checkedFile `json:"files"`
	Good  int64         `json:"good"` // bytes
	Total int64         `json:"total"`
}

type checkedFile struct {
	Path   string `json:"path"` // inside the torrent's name
	Length int64  `json:"length"`
	Good   int64  `json:"good"`
}

func checkCommand(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check TORRENT DIR",
		Short: "Compare the files in DIR with a torrent, byte by byte",
		Long: "Compare the files in DIR with a torrent, byte by byte. DIR is the folder that contains NAME.\n" +
			"Nothing is changed. The exit code is 1 if anything is missing or wrong.",
		Example: "  groove torrent check 1977-05-08.torrent ~/shows",
		Args:    between(2, 2, "TORRENT DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			return runCheck(c.Context(), e, args[0], args[1], asJSON)
		},
		ValidArgsFunction: completeTorrentThenFolder,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func runCheck(ctx context.Context, e *env, file, dir string, asJSON bool) error {
	m, err := readTorrent(file)
	if err != nil {
		return err
	}
	if err := wantFolder(dir); err != nil {
		return err
	}
	b := newBar(e, !asJSON, "checking "+m.Info.Name)
	list, err := torrent.Check(ctx, m, dir, b.show)
	b.clear()
	if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) {
		return &failure{"interrupted", "", exitInterrupted, fmt.Errorf("%w; nothing was changed", cause)}
	}
	if err != nil && list == nil {
		return fmt.Errorf("check %q: %w", m.Info.Name, err)
	}
	result := checked{Files: []checkedFile{}}
	for _, f := range list {
		result.Files = append(result.Files, checkedFile{insideName(m.Info, f.Path), f.Length, f.Good})
		result.Good += f.Good
		result.Total += f.Length
	}
	if asJSON {
		if err := writeJSON(e.stdout, result); err != nil {
			return err
		}
	} else {
		tellChecked(e, result)
	}
	if result.Good < result.Total {
		return fail("incomplete", "`groove get` fetches what is missing into the same folder",
			"%s of %q are missing or wrong", humanBytes(result.Total-result.Good), m.Info.Name)
	}
	return nil
}

func tellChecked(e *env, result checked) {
	for _, f := range result.Files {
		word := "good"
		if f.Good < f.Length {
			word = fmt.Sprintf("%d %%", percent(f.Good, f.Length))
		}
		fmt.Fprintf(e.stdout, "%6s %10s  %s\n", word, humanBytes(f.Length), printable(f.Path))
	}
	if result.Good == result.Total {
		fmt.Fprintf(e.stdout, "Everything is there and right: %s.\n", humanBytes(result.Total))
	}
}
