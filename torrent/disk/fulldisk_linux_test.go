package disk

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"groove/internal/test/need"
	"groove/torrent/layout"
)

// A full disk is a sentence; what was good before stays good, and is claimed.
func TestAFullDiskKeepsWhatIsGood(t *testing.T) {
	need.Root(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("a tmpfs cannot be mounted here: ", err)
	}
	t.Cleanup(func() { ok(t, syscall.Unmount(dir, 0)) })
	w := plainShow(t, 64<<10, 3<<20)
	s, err := Open(Options{Dir: dir, Layout: w.Layout, BeforeWrite: freely})
	ok(t, err)
	defer s.Close()
	slot := acquire(t, t.TempDir(), dir)
	r := &Record{Name: "show", Pieces: w.Pieces(), Verified: newSet(w.Pieces())}
	for p := range layout.PieceIndex(w.Pieces()) {
		if err = s.WriteAt(w.piece(p), w.Start(p)); err != nil {
			break
		}
		r.Verified.Add(int(p))
	}
	if !errors.Is(err, ErrNoSpace) || !errors.Is(err, syscall.ENOSPC) || r.Verified.Count() < 14 ||
		err.Error() != fmt.Sprintf(`write piece %d of "show/a": no space left on device`, r.Verified.Count()) {
		t.Fatalf("after %d pieces: %v", r.Verified.Count(), err)
	}
	ok(t, slot.Checkpoint(s, r))
	got, err := slot.Load()
	if err != nil || got.Verified.Count() != r.Verified.Count() || got.Verified.HasAnyMissingIn(w.check(t, s).Good) {
		t.Errorf("claimed: %v, %v", got, err)
	}
	if free, err := FreeSpace(dir); err != nil || free > 64<<10 {
		t.Errorf("%d bytes are free: %v", free, err)
	}
}
