package torrent

import "groove/torrent/layout"

// bytesOf returns how many wanted bytes a piece holds; the lock is held.
func (t *Torrent) bytesOf(piece int) int64 {
	n, extents := t.wanted.bytesOf(t.info.Load().Layout, layout.PieceIndex(piece), t.extents)
	t.extents = extents
	return n
}

// fileAt names the file that a piece begins in, for people.
func (t *Torrent) fileAt(p layout.PieceIndex) string {
	l := t.info.Load().Layout
	for _, e := range l.Extents(nil, p, 0, l.Length(p)) {
		if f := l.Files()[e.File]; !f.Pad {
			return `"` + f.Path + `"`
		}
	}
	return "the rest"
}
