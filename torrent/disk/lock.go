package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// holder is what a lock file says about who holds it.
type holder struct {
	PID   int    `json:"pid"`
	Owner string `json:"owner"`
}

// lockFile locks the file at path for this process until it is closed. The file stays: removing it
// would let two processes lock two files of one name.
func lockFile(path, owner string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := tryLock(f); err != nil {
		defer f.Close()
		if errors.Is(err, errBusy) {
			return nil, whoHolds(f)
		}
		return nil, fmt.Errorf("lock %q: %w", path, err)
	}
	text, err := json.Marshal(holder{PID: os.Getpid(), Owner: owner})
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(text, 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %q: %w", path, cause(err))
	}
	return f, nil
}

// errBusy is what tryLock returns for a lock that another holds.
var errBusy = errors.New("another process holds the lock")

// whoHolds makes the error that names the other process.
func whoHolds(f *os.File) error {
	text, err := io.ReadAll(io.LimitReader(f, maxLockText))
	var h holder
	if err != nil || json.Unmarshal(text, &h) != nil || h.PID == 0 {
		return fmt.Errorf("%w by another process", ErrLocked)
	}
	return fmt.Errorf("%w by %s, process %d", ErrLocked, h.Owner, h.PID)
}
