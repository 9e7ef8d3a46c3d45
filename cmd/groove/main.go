// Command groove shares recordings of live concerts over BitTorrent, and gets them.
//
// It knows flags, words for people, JSON for scripts and exit codes, and wires the rooms of the
// module together; it decides nothing about protocols. One file per command: share.go, get.go,
// seed.go, torrent_make.go and so on. Data goes to stdout, talk to stderr. Start reading at
// commands below, then share.go; watch.go is what share, get and seed have in common.
package main

import (
	"os"

	"github.com/spf13/cobra"
)

// commands is the table of everything that groove can do.
var commands = []func(*env) *cobra.Command{
	shareCommand,
	getCommand,
	seedCommand,
	torrentCommand,
	simCommand,
	versionCommand,
}

func main() {
	e, stop := systemEnv()
	code := execute(e, os.Args[1:])
	stop()
	os.Exit(code)
}
