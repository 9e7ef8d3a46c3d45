//go:build unix

package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

// isKind reports whether the system's err is what target calls it.
func isKind(err, target error) bool {
	switch target {
	case ErrNoSpace:
		return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
	case ErrReadOnly:
		return errors.Is(err, unix.EROFS)
	case ErrFaulty:
		return errors.Is(err, unix.EIO)
	}
	return false
}

// cannotSync reports an answer to fsync that means "not for this kind of file", on file systems
// that keep nothing back.
func cannotSync(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EROFS)
}

// syncNeedsWrite says that only a descriptor for writing can be synced.
const syncNeedsWrite = false
