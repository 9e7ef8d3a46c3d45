package main

import "github.com/spf13/cobra"

func torrentCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "torrent",
		Short: "Make, show, check and edit torrent files",
		Example: "  groove torrent make ~/shows/1977-05-08\n" +
			"  groove torrent check 1977-05-08.torrent ~/shows",
		Args: between(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(makeCommand(e), showCommand(e), checkCommand(e), editCommand(e))
	return c
}
