package disk

import (
	"fmt"
	"math"

	"golang.org/x/sys/windows"
)

// FreeSpace returns the bytes that this user may still write below the existing folder dir.
func FreeSpace(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	var free uint64
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	}
	if err != nil {
		return 0, fmt.Errorf("ask for free space in %q: %w", dir, err)
	}
	return int64(min(free, math.MaxInt64)), nil
}

// deviceOf tells volumes apart.
func deviceOf(dir string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, fmt.Errorf("find the disk of %q: %w", dir, err)
	}
	h, err := windows.CreateFile(name, 0, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return 0, fmt.Errorf("find the disk of %q: %w", dir, err)
	}
	defer windows.CloseHandle(h)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return 0, fmt.Errorf("find the disk of %q: %w", dir, err)
	}
	return uint64(info.VolumeSerialNumber), nil
}

// RaiseDescriptorLimit has nothing to raise: a process may hold 16 Mi handles.
func RaiseDescriptorLimit() (uint64, error) { return 1 << 24, nil }
