//go:build unix

package disk

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// deviceOf tells file systems apart.
func deviceOf(dir string) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return 0, fmt.Errorf("find the disk of %q: %w", dir, err)
	}
	return uint64(st.Dev), nil
}

// RaiseDescriptorLimit lets the process open as many files and sockets as its hard limit allows,
// and returns how many that are.
func RaiseDescriptorLimit() (uint64, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	if limit.Cur < limit.Max {
		raised := limit
		raised.Cur = limit.Max
		// macOS names no limit, and then refuses it: the old one stays.
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	return uint64(limit.Cur), nil
}
