package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

type editFlags struct {
	trackers   tierList
	noTrackers bool
	webSeeds   webSeeds
	noWebSeeds bool
	comment    string
	out        string
}

func editCommand(e *env) *cobra.Command {
	var f editFlags
	c := &cobra.Command{
		Use:   "edit FILE",
		Short: "Change the trackers, web seeds or comment of a torrent file",
		Long: "Change the trackers, web seeds or comment of a torrent file. What it names stays the same:\n" +
			"the info dictionary, and so the hash, is never touched.",
		Example: "  groove torrent edit show.torrent --tracker udp://tracker.example.org:6969/announce --comment \"\"",
		Args:    between(1, 1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			return runEdit(e, f, c.Flags().Changed("comment"), args[0])
		},
		ValidArgsFunction: completeTorrentThenFolder,
	}
	flags := c.Flags()
	flags.Var(&f.trackers, "tracker", "the trackers from now on: each flag a tier, commas join within one")
	flags.BoolVar(&f.noTrackers, "no-trackers", false, "take all trackers away")
	flags.Var(&f.webSeeds, "webseed", "the web seeds from now on (again for more)")
	flags.BoolVar(&f.noWebSeeds, "no-webseeds", false, "take all web seeds away")
	flags.StringVar(&f.comment, "comment", "", "the comment from now on; \"\" takes it away")
	flags.StringVar(&f.out, "out", "", "write to another `FILE` and leave this one alone")
	c.MarkFlagsMutuallyExclusive("tracker", "no-trackers")
	c.MarkFlagsMutuallyExclusive("webseed", "no-webseeds")
	c.MarkFlagsOneRequired("tracker", "no-trackers", "webseed", "no-webseeds", "comment")
	return c
}

func runEdit(e *env, f editFlags, comment bool, path string) error {
	m, err := readTorrent(path)
	if err != nil {
		return err
	}
	if f.trackers != nil || f.noTrackers {
		if err := m.SetTrackers(f.trackers); err != nil {
			return fmt.Errorf("edit %q: %w", path, err)
		}
	}
	if f.webSeeds != nil || f.noWebSeeds {
		if err := m.SetWebSeeds(f.webSeeds); err != nil {
			return fmt.Errorf("edit %q: %w", path, err)
		}
	}
	if comment {
		m.SetComment(f.comment)
	}
	out := path
	if f.out != "" {
		out = f.out
	}
	if err := writeTorrent(out, m); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s\n", printable(out))
	return nil
}
