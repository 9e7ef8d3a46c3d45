package metainfo

import (
	"fmt"
	"slices"

	"groove/torrent/bencode"
	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// PieceHashV2 returns the SHA-256 tree node of a piece (BEP 52). It reports false in a torrent
// without v2, and while the layer of the piece's file is not known.
func (info *Info) PieceHashV2(p layout.PieceIndex) (merkle.Hash, bool) {
	file, ok := info.fileOf(p)
	if !ok {
		return merkle.Hash{}, false
	}
	first, end := info.Layout.FilePieces(file)
	if end-first == 1 {
		return info.Files[file].Root, true
	}
	if info.layers[file] == nil {
		return merkle.Hash{}, false
	}
	return info.layers[file][p-first], true
}

// fileOf returns the one file that a piece of a v2 torrent belongs to.
func (info *Info) fileOf(p layout.PieceIndex) (int, bool) {
	if !info.HasV2 || int(p) >= info.Layout.Pieces() {
		return 0, false
	}
	var room [1]layout.Extent
	file := info.Layout.Extents(room[:0], p, 0, 1)[0].File
	return file, info.Files[file].HasRoot
}

// needsLayer reports whether a file has a piece layer: it is longer than a piece.
func (info *Info) needsLayer(file int) bool {
	f := info.Files[file]
	return f.HasRoot && f.Length > int64(info.Layout.PieceLength())
}

// LayerMissing reports whether the file needs a piece layer that is not known.
func (info *Info) LayerMissing(file int) bool {
	return info.needsLayer(file) && info.layers[file] == nil
}

// MissingLayers returns the files whose piece layers must come from peers before their pieces can
// be verified by v2; none in a torrent without v2.
func (info *Info) MissingLayers() []int {
	var missing []int
	for i := range info.Files {
		if info.LayerMissing(i) {
			missing = append(missing, i)
		}
	}
	return missing
}

// Layer returns the piece layer of a file; nil while it is unknown, and for files that need none.
// The caller must not change it.
func (info *Info) Layer(file int) []merkle.Hash { return info.layers[file] }

// SetLayer takes the piece layer of a file, and of every other file of the same root and length,
// if it leads to that root; else the error wraps ErrLayer. The slice is kept. The Info must have
// one owner while layers are set.
func (info *Info) SetLayer(file int, layer []merkle.Hash) error {
	if !info.needsLayer(file) {
		return fmt.Errorf("%w: %q has none", ErrLayer, info.Files[file].Path)
	}
	first, end := info.Layout.FilePieces(file)
	if len(layer) != int(end-first) {
		return fmt.Errorf("%w: %q has %d pieces, not %d", ErrLayer, info.Files[file].Path, end-first, len(layer))
	}
	height, _ := merkle.PieceHeight(int64(info.Layout.PieceLength()))
	if slices.Contains(layer, merkle.Hash{}) || merkle.RootOfLayer(layer, height) != info.Files[file].Root {
		return fmt.Errorf("%w the root of %q", ErrLayer, info.Files[file].Path)
	}
	for i, f := range info.Files {
		if f.HasRoot && f.Root == info.Files[file].Root && f.Length == info.Files[file].Length {
			info.layers[i] = layer
		}
	}
	return nil
}

// Tree returns a new hash tree of a file, with its layer if it is known: what a seed answers hash
// requests from, and what a downloader fills. It reports false for files without a root.
func (info *Info) Tree(file int) (*merkle.Tree, bool) {
	f := info.Files[file]
	if !f.HasRoot {
		return nil, false
	}
	t, err := merkle.NewTree(f.Root, f.Length, int64(info.Layout.PieceLength()))
	if err != nil {
		return nil, false
	}
	if info.layers[file] != nil && t.SetLayer(info.layers[file]) != nil {
		return nil, false
	}
	return t, true
}

// readLayers takes the layers that stand beside the info dictionary. A root that no file needs a
// layer for is a flaw; a layer that does not match its root is an error.
func (m *Metainfo) readLayers(v bencode.Value) error {
	if !m.Info.HasV2 || v.Kind() == bencode.Absent {
		return nil
	}
	if v.Kind() != bencode.Dict {
		return fmt.Errorf("%w: the piece layers are %v", ErrInvalid, v.Kind())
	}
	if err := uniqueKeys(v); err != nil {
		return err
	}
	files := map[merkle.Hash][]int{}
	for i, f := range m.Info.Files {
		if m.Info.needsLayer(i) {
			files[f.Root] = append(files[f.Root], i)
		}
	}
	unknown := 0
	for key, value := range v.Pairs() {
		b, ok := value.Bytes()
		if len(key) != len(merkle.Hash{}) || !ok || len(b)%len(merkle.Hash{}) != 0 {
			return fmt.Errorf("%w: a piece layer at byte %d is not made of hashes", ErrInvalid, value.Offset())
		}
		owners := files[merkle.Hash([]byte(key))]
		if len(owners) == 0 {
			unknown++
		}
		if err := m.Info.readLayer(owners, b); err != nil {
			return err
		}
	}
	if unknown > 0 {
		m.Flaws = append(m.Flaws, fmt.Sprintf("piece layers that no file needs: %d", unknown))
	}
	return nil
}

func (info *Info) readLayer(files []int, b []byte) error {
	layer := make([]merkle.Hash, 0, len(b)/len(merkle.Hash{}))
	for ; len(b) > 0; b = b[len(merkle.Hash{}):] {
		layer = append(layer, merkle.Hash(b[:len(merkle.Hash{})]))
	}
	for _, file := range files {
		if info.layers[file] != nil {
			continue
		}
		if err := info.SetLayer(file, layer); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return nil
}
