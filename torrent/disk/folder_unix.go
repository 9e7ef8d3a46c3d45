//go:build unix

package disk

import "os"

// syncDir makes the names in an open folder durable. File systems that cannot are left alone.
func syncDir(f *os.File) error {
	err := f.Sync()
	if cannotSync(err) {
		return nil
	}
	return err
}

// markSparse is needed on Windows only.
func markSparse(*os.File) {}
