package torrent

import (
	"context"
	"fmt"
	"time"

	"groove/torrent/layout"
	"groove/torrent/metainfo"
)

// MakeOptions says what a new torrent is like. The zero MakeOptions makes a v1 torrent without
// trackers, its piece length chosen by size, the same bytes for the same files.
type MakeOptions struct {
	Format       metainfo.Format
	PieceLength  int64 // bytes, a power of two; 0 = automatic
	Private      bool
	Source       string
	Comment      string
	CreatedBy    string
	CreationDate time.Time  // zero: none
	Trackers     [][]string // tiers
	WebSeeds     []string
}

// Make makes a torrent of a folder or a file: it reads everything once, on all cores. What does
// not belong into a torrent is left out and returned. The torrent's name is that of path, its
// files are found again below path's folder under exactly their paths in the torrent.
//
// progress may be nil; it is called from one goroutine, with bytes of which padding is part. An
// empty folder, an unreadable file, a name that other systems cannot have, and a file that
// changes meanwhile are errors that say so.
func Make(ctx context.Context, path string, o MakeOptions, progress func(done, total int64)) (*metainfo.Metainfo, []Skipped, error) {
	m, skipped, err := makeTorrent(ctx, path, o, progress)
	if err != nil {
		return nil, nil, fmt.Errorf("make a torrent of %q: %w", path, err)
	}
	return m, skipped, nil
}

func makeTorrent(ctx context.Context, path string, o MakeOptions, progress func(done, total int64)) (*metainfo.Metainfo, []Skipped, error) {
	tree, err := walk(path)
	if err != nil {
		return nil, nil, err
	}
	defer tree.root.Close()
	plan, err := metainfo.NewPlan(tree.planned(), o.planned(tree.name))
	if err != nil {
		return nil, nil, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	if err := tree.hash(ctx, plan, progress); err != nil {
		return nil, nil, err
	}
	if err := tree.unchanged(); err != nil {
		return nil, nil, err
	}
	m, err := plan.Finish()
	return m, tree.skipped, err
}

func (o MakeOptions) planned(name string) metainfo.Options {
	options := metainfo.Options{
		Name: name, Format: o.Format, PieceLength: o.PieceLength, Private: o.Private, Source: o.Source,
		Comment: o.Comment, CreatedBy: o.CreatedBy, Trackers: o.Trackers, WebSeeds: o.WebSeeds,
	}
	if !o.CreationDate.IsZero() {
		options.CreationDate = o.CreationDate.Unix()
	}
	return options
}

// planned lists the files as a plan wants them.
func (t *sourceTree) planned() []metainfo.SourceFile {
	files := make([]metainfo.SourceFile, len(t.files))
	for i, f := range t.files {
		files[i] = metainfo.SourceFile{Path: f.elements, Length: f.info.Size()}
	}
	return files
}

// source returns where the bytes of a file of the plan lie.
func (t *sourceTree) source(f layout.File) *sourceFile { return t.byPath[f.Path] }
