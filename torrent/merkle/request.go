package merkle

import "math"

// AppendHashes appends the answer to a peer's hash request. It reports false where the request
// is to be rejected: it does not fit the tree, or the hashes are not known. Above the piece layer
// it costs O(hashes); below it, O(leaves asked for). BEP 52 "hashes".
func (t *Tree) AppendHashes(dst []Hash, r Request) ([]Hash, bool) {
	return appendProof(dst, t.height, r, t.node)
}

// PiecesOf returns the pieces whose leaves a request needs, first up to, not including, end; none
// if it is about the piece layer or above, or does not fit the tree. Whoever wants to answer it
// sets their leaves first.
func (t *Tree) PiecesOf(r Request) (first, end int) {
	if _, ok := r.Uncles(t.height); !ok || int(r.Base) >= t.pieceHeight {
		return 0, 0
	}
	below := t.pieceHeight - int(r.Base)
	first = int(r.Index >> below)
	end = int((r.Index+r.Length-1)>>below) + 1
	return min(first, t.Pieces()), min(end, t.Pieces())
}

// Missing returns the first request, at or behind a piece, for a part of the piece layer that is
// not known: at most MaxRequest hashes, with a full proof. It reports false when there is none.
// The piece behind it is where to go on: Missing(int(r.Index+r.Length)).
func (t *Tree) Missing(from int) (Request, bool) {
	if t.Complete() {
		return Request{}, false
	}
	width := min(MaxRequest, 1<<(t.height-t.pieceHeight))
	for i := max(from, 0); i < t.Pieces(); i++ {
		if _, known := t.Piece(i); !known {
			first := i - i%width
			length := min(width, 1<<HeightOf(int64(max(2, t.Pieces()-first))))
			r := Request{Base: uint32(t.pieceHeight), Index: uint32(first), Length: uint32(length)}
			return r.FullProof(t.height), true
		}
	}
	return Request{}, false
}

// MissingLeaves returns the first request, at or behind a block of a piece, for leaves that are
// not known; they convict the block that made the piece's hash fail. Their proof leads to that
// hash, which must be known. It reports false when there is none; a piece of one block has none.
func (t *Tree) MissingLeaves(piece, from int) (Request, bool) {
	if _, known := t.Piece(piece); !known || t.pieceHeight == 0 {
		return Request{}, false
	}
	width := min(MaxRequest, 1<<t.pieceHeight)
	for i := max(from, 0); i < t.blocksOf(piece); i++ {
		if _, known := t.Leaf(piece, i); !known {
			first := int64(piece)<<t.pieceHeight + int64(i-i%width)
			r := Request{Index: uint32(first), Length: uint32(width), Proof: uint32(t.pieceHeight) - 1}
			return r, first <= math.MaxUint32
		}
	}
	return Request{}, false
}

// Accept takes the answer to a request if it proves itself: it must lead to the root, or to the
// known hash of a piece. Hashes of the piece layer and leaves are kept; other layers are ErrShape,
// since nothing here asks for them. Nothing is kept on ErrShape or ErrMismatch. The caller has checked that the request was its own.
func (t *Tree) Accept(r Request, hashes []Hash) error {
	top, at, index, err := r.climb(t.height, hashes)
	if err != nil {
		return err
	}
	want := t.root
	if at != t.height {
		known := false
		if want, known = t.Piece(int(index)); !known || at != t.pieceHeight {
			return ErrShape
		}
	}
	if top != want {
		return ErrMismatch
	}
	hashes = hashes[:r.Length]
	switch {
	case int(r.Base) == t.pieceHeight:
		return t.acceptPieces(int(r.Index), hashes)
	case r.Base == 0 && r.span() <= t.pieceHeight:
		return t.acceptLeaves(int64(r.Index), hashes)
	}
	return ErrShape
}

func (t *Tree) acceptPieces(first int, hashes []Hash) error {
	hashes, err := cutPadding(hashes, t.Pieces()-first, Zero(t.pieceHeight))
	if err != nil || len(hashes) == 0 || t.Complete() {
		return err
	}
	if t.layer == nil {
		t.layer = make([]Hash, t.Pieces())
	}
	t.missing -= fill(t.layer[first:], hashes)
	if t.Complete() {
		t.setWhole(t.layer)
	}
	return nil
}

func (t *Tree) acceptLeaves(first int64, hashes []Hash) error {
	piece := int(first >> t.pieceHeight)
	block := int(first - int64(piece)<<t.pieceHeight)
	if piece >= t.Pieces() {
		return ErrShape
	}
	hashes, err := cutPadding(hashes, t.blocksOf(piece)-block, Zero(0))
	if err != nil || len(hashes) == 0 {
		return err
	}
	known := t.leaves[piece]
	if known == nil {
		known = &leafLayer{hashes: make([]Hash, t.blocksOf(piece)), missing: t.blocksOf(piece)}
		t.leaves[piece] = known
	}
	known.missing -= fill(known.hashes[block:], hashes)
	return nil
}

// cutPadding returns the hashes of real nodes; the others must be padding, and none of the real
// ones may be the zero Hash.
func cutPadding(hashes []Hash, real int, padding Hash) ([]Hash, error) {
	real = min(max(real, 0), len(hashes))
	for _, h := range hashes[real:] {
		if h != padding {
			return nil, ErrMismatch
		}
	}
	if hasZero(hashes[:real]) {
		return nil, ErrMismatch
	}
	return hashes[:real], nil
}

// fill copies hashes over those that are not known and returns how many these were.
func fill(dst, hashes []Hash) int {
	n := 0
	for i, h := range hashes {
		if dst[i] == (Hash{}) {
			n++
		}
		dst[i] = h
	}
	return n
}
