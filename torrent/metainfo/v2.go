package metainfo

import (
	"fmt"
	"slices"

	"groove/torrent/bencode"
	"groove/torrent/merkle"
)

// readV2 reads the file tree of a v2 torrent, in its order (BEP 52).
func readV2(tree bencode.Value) ([]entry, error) {
	if tree.Kind() != bencode.Dict {
		return nil, fmt.Errorf("%w: the file tree of a v2 torrent is missing", ErrInvalid)
	}
	var t treeReader
	err := t.folder(tree, nil)
	return t.list, err
}

type treeReader struct {
	list   []entry
	budget pathBudget
}

// folder reads one level; how deep it goes is bounded by bencode.
func (t *treeReader) folder(v bencode.Value, path []string) error {
	for name, child := range v.Pairs() {
		if name == "" || child.Kind() != bencode.Dict {
			return fmt.Errorf("%w: the file tree has neither a file nor a folder before byte %d", ErrInvalid, child.Offset())
		}
		below := append(path, name)
		if !isFile(child) {
			if err := t.folder(child, below); err != nil {
				return err
			}
			continue
		}
		if err := t.file(child, slices.Clone(below)); err != nil {
			return err
		}
	}
	return nil
}

// isFile reports whether a node of the tree has the empty key, which sorts before all others.
func isFile(node bencode.Value) bool {
	for key := range node.Pairs() {
		return key == ""
	}
	return false
}

func (t *treeReader) file(node bencode.Value, path []string) error {
	v := node.Get("")
	if node.Len() != 1 || v.Kind() != bencode.Dict {
		return fmt.Errorf("%w: the file tree has a file near byte %d that is also a folder, or nothing", ErrInvalid, node.Offset())
	}
	e := entry{path: path}
	if err := e.readAttributes(v); err != nil {
		return err
	}
	if hasAttr(e.attr, 'p') {
		return fmt.Errorf("%w: the file tree lists padding, near byte %d", ErrInvalid, v.Offset())
	}
	if e.length > 0 {
		root, _ := v.Get("pieces root").Bytes()
		if len(root) != len(merkle.Hash{}) || merkle.Hash(root) == (merkle.Hash{}) {
			return fmt.Errorf("%w: a file near byte %d has no pieces root", ErrInvalid, v.Offset())
		}
		e.root, e.hasRoot = merkle.Hash(root), true
	}
	t.list = append(t.list, e)
	return t.budget.spend(path)
}

// align puts padding behind every file that does not end with a piece, the last one too, so that
// each begins with a piece. The torrent does not list it; libtorrent counts it alike.
func align(list []entry, pieceLength int64) []entry {
	var aligned []entry
	for _, e := range list {
		aligned = append(aligned, e)
		if rest := e.length % pieceLength; rest != 0 {
			aligned = append(aligned, padding(pieceLength-rest))
		}
	}
	return aligned
}

// joinHalves compares the halves of a hybrid and returns the v1 list with the roots of the v2
// tree. Names, order and lengths must be the same, and v1 must have the padding that v2 implies;
// behind the last file it may be left out, as older makers do.
func joinHalves(v1, v2 []entry, pieceLength int64, single bool, name string) ([]entry, error) {
	if single && (len(v2) != 1 || len(v2[0].path) != 1 || v2[0].path[0] != name) {
		return nil, disagree("v1 has one file called %q, v2 another", name)
	}
	full := align(v2, pieceLength)
	padded, files, at, want := 0, 0, int64(0), int64(0)
	joined := make([]entry, 0, len(v1))
	for _, e := range v1 {
		start := at
		at += e.length
		if e.pad {
			padded++
			joined = append(joined, padding(e.length))
			continue
		}
		if files == len(v2) {
			return nil, disagree("v1 has more files than v2")
		}
		f := v2[files]
		files++
		if !slices.Equal(e.path, f.path) || e.length != f.length || !slices.Equal(e.target, f.target) {
			return nil, disagree("file %d is %q with %d bytes in v1 and %q with %d bytes in v2", files, e.path, e.length, f.path, f.length)
		}
		if e.length > 0 && start != want {
			return nil, disagree("file %q does not begin with a piece", e.path)
		}
		want += (e.length + pieceLength - 1) / pieceLength * pieceLength
		e.root, e.hasRoot = f.root, f.hasRoot
		joined = append(joined, e)
	}
	if files < len(v2) {
		return nil, disagree("v2 has more files than v1")
	}
	implied := len(full) - len(v2)
	withoutLast := at < want && padded == implied-1
	if !withoutLast && (at != want || padded != implied) {
		return nil, disagree("v1 has other padding than v2 implies")
	}
	return joined, nil
}

func disagree(format string, args ...any) error {
	return fmt.Errorf("%w: %w: %s", ErrInvalid, ErrHybrid, fmt.Sprintf(format, args...))
}
