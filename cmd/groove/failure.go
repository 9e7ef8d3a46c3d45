package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"groove/torrent"
	"groove/torrent/metainfo"
)

// Exit codes; scripts rely on them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// failure is an error with what a script and a person need besides the sentence.
type failure struct {
	code string // stable, for scripts
	hint string // what to do; may be empty
	exit int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail makes a failure with exit code 1. The format takes %w.
func fail(code, hint, format string, args ...any) error {
	return &failure{code, hint, exitFailed, fmt.Errorf(format, args...)}
}

// misuse makes an error of usage that only shows while the command runs.
func misuse(format string, args ...any) error {
	return &failure{"usage", "", exitUsage, fmt.Errorf(format, args...)}
}

// usageError says which help to read.
func usageError(c *cobra.Command, err error) error {
	if failed, ok := errors.AsType[*failure](err); ok && failed.exit == exitUsage {
		err = failed.err
	}
	return &failure{"usage", "`" + c.CommandPath() + " --help` shows what it takes", exitUsage, err}
}

// known is what people and scripts are told about the errors of other rooms.
var known = []struct {
	is         error
	code, hint string
}{
	{torrent.ErrInUse, "in_use", "stop the other one first, or let it finish"},
	{torrent.ErrWouldOverwrite, "would_overwrite", "choose another folder, move the file away, or use --overwrite"},
	{torrent.ErrNoSpace, "no_space", "free some space, or choose another folder; what is there is kept"},
	{torrent.ErrSelectsNothing, "selects_nothing", "`groove torrent show` lists the paths; quote globs, so that the shell leaves them alone"},
	{torrent.ErrDataMissing, "data_missing", "DIR is the folder that contains NAME, not NAME itself"},
	{torrent.ErrInconsistent, "inconsistent", "whoever made this torrent has to make it again"},
	{metainfo.ErrInvalid, "not_a_torrent", "ask for the torrent again: this one is damaged, or it is something else"},
	{metainfo.ErrMagnet, "bad_magnet", "copy the whole link, from magnet: to its end, and put it in quotes"},
	{fs.ErrNotExist, "not_found", "check the spelling; a path with spaces needs quotes"},
	{fs.ErrPermission, "not_permitted", "check who may read and write there"},
	{syscall.ENOSPC, "no_space", "free some space, or choose another folder; what is there is kept"},
}

// explain finds code, hint and exit code of any error.
func explain(err error) *failure {
	if failed, ok := errors.AsType[*failure](err); ok {
		return &failure{failed.code, failed.hint, failed.exit, err}
	}
	for _, k := range known {
		if errors.Is(err, k.is) {
			return &failure{k.code, k.hint, exitFailed, err}
		}
	}
	return &failure{"failed", "", exitFailed, err}
}

// report tells stderr how a command ended and returns the exit code.
func (e *env) report(err error) int {
	if err == nil {
		return exitOK
	}
	failed := explain(err)
	fmt.Fprintf(e.stderr, "groove: %s\n", sentence(failed))
	if failed.hint != "" {
		fmt.Fprintf(e.stderr, "        %s\n", failed.hint)
	}
	return failed.exit
}

// sentence is the text of an error on one line, safe to print.
func sentence(err error) string {
	return printable(strings.Join(strings.Fields(hideSecrets(err.Error())), " "))
}
