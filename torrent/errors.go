package torrent

import "errors"

// Errors that callers branch on. Each is wrapped in a sentence that says what was tried.
var (
	ErrClosed         = errors.New("the session is closed")
	ErrAlreadyAdded   = errors.New("this torrent is in the session already")
	ErrInUse          = errors.New("another process has this torrent open in this folder")
	ErrWouldOverwrite = errors.New("a file is in the way")
	ErrNoSpace        = errors.New("not enough free space")
	ErrSelectsNothing = errors.New("the selection matches no file")
	ErrDataMissing    = errors.New("the data to seed is not there")
	ErrChanged        = errors.New("another program changed it while it was shared; stop, check the files, and start again")
	ErrInconsistent   = errors.New("the v1 and v2 halves of this hybrid torrent contradict each other")
)
