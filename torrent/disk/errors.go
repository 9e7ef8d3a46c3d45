package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"groove/internal/bitset"
)

// What callers branch on. Errors of the system (syscall.ENOSPC, fs.ErrPermission, ...) stay
// reachable by errors.Is as well; the first three name them alike on every system.
var (
	ErrNoSpace  = errors.New("no space left")                 // the disk or the user's quota is full
	ErrReadOnly = errors.New("it can only be read")           // the file system, or the Store
	ErrFaulty   = errors.New("the disk reports an I/O error") // EIO and its kin

	ErrMissing  = errors.New("the file is not there")
	ErrShort    = errors.New("the file is shorter than it should be")
	ErrUnwanted = errors.New("the file is not wanted")
	ErrForeign  = errors.New("the file was there before and has other bytes")
	ErrSymlink  = errors.New("a symbolic link is in the way")
	ErrNotFile  = errors.New("what is there is not a regular file")
	ErrPath     = errors.New("the path leads out of the folder")
	ErrPadding  = errors.New("padding holds other bytes than zeros")
	ErrRange    = errors.New("the range is not within the torrent")
	ErrClosed   = errors.New("the store is closed")
	ErrLost     = errors.New("what was written since the last good sync may be lost")

	ErrNoRecord  = errors.New("there is no resume record")
	ErrBadRecord = errors.New("the resume record is damaged")
	ErrLocked    = errors.New("already open")
)

// FileError says what was tried with which file. Its Err is the bare cause.
type FileError struct {
	Op    string // "read", "write", "create", ...
	Piece int    // -1: no piece is concerned
	File  int    // index in the layout; its length stands for the part file
	Path  string // as in the layout
	Err   error
}

// Error makes a sentence: read piece 12 of "set2.flac": no space left.
func (e *FileError) Error() string {
	if e.Piece < 0 {
		return fmt.Sprintf("%s %q: %v", e.Op, e.Path, e.Err)
	}
	return fmt.Sprintf("%s piece %d of %q: %v", e.Op, e.Piece, e.Path, e.Err)
}

// Unwrap returns the bare cause.
func (e *FileError) Unwrap() error { return e.Err }

// Is matches ErrNoSpace, ErrReadOnly and ErrFaulty with what this system calls them.
func (e *FileError) Is(target error) bool { return isKind(e.Err, target) }

// SyncError says that an fsync failed. The system may have dropped the bytes and may report that
// only once: all Lost pieces are to be taken as missing, whatever a read of them now gives, and
// the Store takes no more writes. It matches ErrLost.
type SyncError struct {
	Path string
	Lost *bitset.Set // pieces written, or found good, since the last good Sync
	Err  error
}

// Error names the file or folder whose fsync failed.
func (e *SyncError) Error() string { return fmt.Sprintf("sync %q: %v; %v", e.Path, e.Err, ErrLost) }

// Unwrap returns the bare cause.
func (e *SyncError) Unwrap() error { return e.Err }

// Is matches ErrLost, and the kinds that FileError matches.
func (e *SyncError) Is(target error) bool { return target == ErrLost || isKind(e.Err, target) }

// cause takes the path and the name of the system call off an error: our sentence has them.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		return le.Err
	}
	return err
}
