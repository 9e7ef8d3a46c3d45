package torrent

import (
	"path"
	"strings"

	"groove/torrent/layout"
	"groove/torrent/metainfo"
)

// selection says which files of a torrent are wanted; nil = all.
type selection []bool

// selectFiles matches globs against the paths inside NAME ("**" stands for any number of folders).
// A single file is matched by its name. It returns ErrSelectsNothing if no glob matches.
func selectFiles(info *metainfo.Info, globs []string) (selection, error) {
	if len(globs) == 0 {
		return nil, nil
	}
	wanted := make(selection, len(info.Layout.Files()))
	any := false
	for i, f := range info.Layout.Files() {
		inside := f.Path
		if !info.SingleFile {
			_, inside, _ = strings.Cut(f.Path, "/")
		}
		for _, g := range globs {
			if !f.Pad && matchGlob(strings.Split(g, "/"), strings.Split(inside, "/")) {
				wanted[i], any = true, true
			}
		}
	}
	if !any {
		return nil, ErrSelectsNothing
	}
	return wanted, nil
}

// selectIndices wants the files that a magnet names (BEP 53), counted without padding.
func selectIndices(info *metainfo.Info, indices []int) selection {
	if len(indices) == 0 {
		return nil
	}
	named := make(map[int]bool, len(indices)) // looked up, never walked
	for _, i := range indices {
		named[i] = true
	}
	wanted := make(selection, len(info.Files))
	n := 0
	for i, f := range info.Files {
		if !f.Pad {
			wanted[i] = named[n]
			n++
		}
	}
	return wanted
}

// matchGlob matches path elements; "**" matches any number of them, none included.
func matchGlob(glob, elements []string) bool {
	if len(glob) == 0 {
		return len(elements) == 0
	}
	if glob[0] == "**" {
		for skip := range len(elements) + 1 {
			if matchGlob(glob[1:], elements[skip:]) {
				return true
			}
		}
		return false
	}
	if len(elements) == 0 {
		return false
	}
	ok, err := path.Match(glob[0], elements[0])
	return err == nil && ok && matchGlob(glob[1:], elements[1:])
}

// wants reports whether file i is wanted.
func (s selection) wants(i int) bool { return s == nil || s[i] }

// priorities gives each piece that holds a byte of a wanted file priority 1; nil if all are wanted.
func (s selection) priorities(l *layout.Layout) []uint8 {
	if s == nil {
		return nil
	}
	p := make([]uint8, l.Pieces())
	for i := range l.Files() {
		if s[i] {
			first, end := l.FilePieces(i)
			for k := first; k < end; k++ {
				p[k] = 1
			}
		}
	}
	return p
}

// bytesOf returns how many bytes of piece p belong to wanted files, padding left out.
func (s selection) bytesOf(l *layout.Layout, p layout.PieceIndex, extents []layout.Extent) (int64, []layout.Extent) {
	extents = l.Extents(extents[:0], p, 0, l.Length(p))
	var n int64
	for _, e := range extents {
		if !l.Files()[e.File].Pad && s.wants(e.File) {
			n += e.Length
		}
	}
	return n, extents
}

// total returns the bytes of all wanted files.
func (s selection) total(l *layout.Layout) int64 {
	var n int64
	for i, f := range l.Files() {
		if !f.Pad && s.wants(i) {
			n += f.Length
		}
	}
	return n
}
