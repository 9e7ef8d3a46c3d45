package disk

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isKind reports whether the system's err is what target calls it.
func isKind(err, target error) bool {
	switch target {
	case ErrNoSpace:
		return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
			errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
	case ErrReadOnly:
		return errors.Is(err, windows.ERROR_WRITE_PROTECT)
	case ErrFaulty:
		return errors.Is(err, windows.ERROR_IO_DEVICE) || errors.Is(err, windows.ERROR_CRC)
	}
	return false
}

// cannotSync reports an answer to FlushFileBuffers that means "not for this kind of file".
func cannotSync(err error) bool { return errors.Is(err, windows.ERROR_INVALID_FUNCTION) }

// syncNeedsWrite says that only a descriptor for writing can be synced.
const syncNeedsWrite = true
