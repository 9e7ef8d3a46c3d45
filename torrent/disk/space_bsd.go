//go:build darwin || freebsd

package disk

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// FreeSpace returns the bytes that this user may still write below the existing folder dir.
func FreeSpace(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("ask for free space in %q: %w", dir, err)
	}
	// FreeBSD counts below zero what only root may use.
	return max(0, int64(st.Bavail)) * int64(st.Bsize), nil
}
