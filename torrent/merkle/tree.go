package merkle

import "slices"

// Tree is what is known of one file's tree: its root always, its piece layer in whole or in part,
// and the leaves of single pieces for as long as the owner wants them. A downloader fills it
// with proven hashes, a seed answers requests from it. Memory: 32 bytes a piece while the layer
// is incomplete, 64 when it is complete; 32 bytes for each leaf that was set.
type Tree struct {
	height, pieceHeight int
	blocks              int64
	root                Hash
	layer               []Hash   // one for each piece; the zero Hash where it is not known
	missing             int      // how many of layer are not known
	levels              [][]Hash // above the complete layer, without padding; levels[0] is layer
	leaves              map[int]*leafLayer
}

// leafLayer is what is known of the leaves of one piece.
type leafLayer struct {
	hashes  []Hash // the zero Hash where one is not known
	missing int
}

// NewTree returns the tree of a file that has at least one byte. A file of one piece needs no
// layer: its root is its piece hash. It returns ErrShape for lengths that BEP 52 does not know.
func NewTree(root Hash, length, pieceLength int64) (*Tree, error) {
	pieceHeight, ok := PieceHeight(pieceLength)
	blocks := Blocks(length)
	if !ok || length < 1 || HeightOf(blocks) > MaxHeight || (length-1)/pieceLength >= MaxPieces {
		return nil, ErrShape
	}
	t := &Tree{height: HeightOf(blocks), blocks: blocks, root: root, leaves: map[int]*leafLayer{}}
	t.pieceHeight = min(pieceHeight, t.height)
	t.missing = int((length-1)/pieceLength) + 1
	if t.missing == 1 {
		t.setWhole([]Hash{root})
	}
	return t, nil
}

// Root returns the file's pieces root.
func (t *Tree) Root() Hash { return t.root }

// Height returns the height of the root.
func (t *Tree) Height() int { return t.height }

// PieceHeight returns the height of the piece layer; that of the root in a file of one piece.
func (t *Tree) PieceHeight() int { return t.pieceHeight }

// Pieces counts the pieces of the file.
func (t *Tree) Pieces() int { return int((t.blocks-1)>>t.pieceHeight) + 1 }

// Complete reports whether the hash of every piece is known.
func (t *Tree) Complete() bool { return t.missing == 0 }

// Piece returns the hash of a piece of the file and whether it is known.
func (t *Tree) Piece(i int) (Hash, bool) {
	if i < 0 || i >= len(t.layer) || t.layer[i] == (Hash{}) {
		return Hash{}, false
	}
	return t.layer[i], true
}

// Layer returns the whole piece layer, or nil while some of it is missing. The caller must not
// change it.
func (t *Tree) Layer() []Hash {
	if !t.Complete() {
		return nil
	}
	return t.layer
}

// SetLayer takes, and keeps, a whole piece layer if it leads to the root; else it returns
// ErrShape or ErrMismatch.
func (t *Tree) SetLayer(layer []Hash) error {
	if len(layer) != t.Pieces() {
		return ErrShape
	}
	if hasZero(layer) || Subtree(layer, t.pieceHeight, t.height) != t.root {
		return ErrMismatch
	}
	t.setWhole(layer)
	return nil
}

func (t *Tree) setWhole(layer []Hash) {
	t.layer, t.missing = layer, 0
	t.levels = [][]Hash{layer}
	for below := layer; len(below) > 1; {
		at := t.pieceHeight + len(t.levels) - 1
		above := make([]Hash, 0, (len(below)+1)/2)
		for i := 0; i < len(below); i += 2 {
			above = append(above, Subtree(below[i:min(i+2, len(below))], at, at+1))
		}
		t.levels = append(t.levels, above)
		below = above
	}
}

// hasZero finds a hash that no block has. It stands for "not known" here, so a stranger's is
// refused.
func hasZero(hashes []Hash) bool { return slices.Contains(hashes, Hash{}) }

// SetLeaves takes, and keeps, the leaves of one piece, so that requests below the piece layer can be answered
// and single blocks be judged. They must lead to the piece's hash, which must be known; else
// ErrShape or ErrMismatch.
func (t *Tree) SetLeaves(piece int, leaves []Hash) error {
	want, ok := t.Piece(piece)
	if !ok || len(leaves) != t.blocksOf(piece) {
		return ErrShape
	}
	if hasZero(leaves) || Subtree(leaves, 0, t.pieceHeight) != want {
		return ErrMismatch
	}
	t.leaves[piece] = &leafLayer{hashes: leaves}
	return nil
}

// Leaf returns the hash of a block of a piece and whether it is known. What was proven stays
// known until DropLeaves.
func (t *Tree) Leaf(piece, block int) (Hash, bool) {
	l := t.leaves[piece]
	if l == nil || block < 0 || block >= len(l.hashes) || l.hashes[block] == (Hash{}) {
		return Hash{}, false
	}
	return l.hashes[block], true
}

// DropLeaves forgets the leaves of a piece, to give back their memory.
func (t *Tree) DropLeaves(piece int) { delete(t.leaves, piece) }

// blocksOf counts the blocks of a piece.
func (t *Tree) blocksOf(piece int) int {
	first := int64(piece) << t.pieceHeight
	return int(min(1<<t.pieceHeight, t.blocks-first))
}

// node returns one node of the tree, if it or what lies below it is known.
func (t *Tree) node(at int, index uint32) (Hash, bool) {
	if int64(index)<<at >= t.blocks {
		return Zero(at), true
	}
	if at >= t.pieceHeight {
		if !t.Complete() {
			return Hash{}, false
		}
		return t.levels[at-t.pieceHeight][index], true
	}
	below := t.pieceHeight - at
	known := t.leaves[int(index>>below)]
	if known == nil || known.missing > 0 {
		return Hash{}, false
	}
	first := int(index&(1<<below-1)) << at
	return Subtree(known.hashes[first:min(first+1<<at, len(known.hashes))], 0, at), true
}
