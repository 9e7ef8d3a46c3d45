package torrent

import (
	"context"
	"path/filepath"

	"groove/torrent/disk"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
)

// FileCheck says how much of a file is good.
type FileCheck struct {
	Path   string // below the folder, beginning with the torrent's name
	Length int64
	Good   int64 // bytes in pieces that are right
}

// Check compares the files below dir with a torrent, on all cores. It changes nothing. progress may
// be nil; it is told bytes, padding included.
func Check(ctx context.Context, m *metainfo.Metainfo, dir string, progress func(done, total int64)) ([]FileCheck, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	l := m.Info.Layout
	store, err := disk.Open(disk.Options{Dir: dir, Layout: l, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	report, err := disk.Check(ctx, l, store, disk.CheckOptions{
		Expect: func(p layout.PieceIndex) disk.Expect { return expect(m.Info, p) }, Progress: progress,
	})
	if err != nil {
		return nil, err
	}
	good := make([]int64, len(l.Files()))
	var extents []layout.Extent
	for i := report.Good.Next(0); i >= 0; i = report.Good.Next(i + 1) {
		p := layout.PieceIndex(i)
		extents = l.Extents(extents[:0], p, 0, l.Length(p))
		for _, e := range extents {
			good[e.File] += e.Length
		}
	}
	var list []FileCheck
	for i, f := range l.Files() {
		if !f.Pad {
			list = append(list, FileCheck{Path: f.Path, Length: f.Length, Good: good[i]})
		}
	}
	return list, report.Err
}
