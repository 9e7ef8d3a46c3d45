package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// between wants from least to most arguments, which Use calls names.
func between(least, most int, names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("something is missing: it takes %s", names)
		case len(args) > most && most == 0:
			return fmt.Errorf("%q is too much: it takes no argument", args[0])
		case len(args) > most:
			return fmt.Errorf("%q is too much: it takes %s; a path with spaces needs quotes", args[most], names)
		}
		return nil
	}
}

// completeTorrentThenFolder lets a shell offer torrent files, then folders.
func completeTorrentThenFolder(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return []string{"torrent"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// list joins words for a sentence: "a", "a and b", "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
