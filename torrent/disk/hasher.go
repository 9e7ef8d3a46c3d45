package disk

import (
	"crypto/sha1"
	"hash"

	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// Expect is what a piece should hash to. With neither hash nothing can be said about it.
type Expect struct {
	V1    [20]byte // SHA-1 of the piece, padding included (BEP 3)
	HasV1 bool

	V2     merkle.Hash // root over the SHA-256 of the piece's blocks (BEP 52)
	HasV2  bool
	Height int // of the tree under V2, which has 1<<Height leaves: see LeafHeight
}

// LeafHeight returns the height of the tree whose root says that a v2 piece is right: that of a
// full piece for a file longer than one piece, else that of the file's own blocks (BEP 52).
func LeafHeight(pieceLength int, fileLength int64) int {
	return merkle.HeightOf(merkle.Blocks(min(int64(pieceLength), fileLength)))
}

// Result is what hashing says about a piece.
type Result uint8

// Results of a Hasher. Inconsistent: the halves of a hybrid torrent disagree about the same bytes,
// so that the torrent must stop.
const (
	Wrong Result = iota
	Right
	Inconsistent
)

// Hasher verifies one piece after the other, as its blocks arrive. It allocates nothing once it has
// seen the largest piece. One caller at a time; start with Reset.
type Hasher struct {
	expect Expect
	length int // bytes of data, without the padding at the end

	sha1   hash.Hash
	prefix int // bytes that Prefix has seen
	sum    [20]byte

	leaves []merkle.Hash
	hashed []bool // by leaf
	left   int    // leaves that are not hashed
}

// NewHasher returns a Hasher that waits for Reset.
func NewHasher() *Hasher { return &Hasher{sha1: sha1.New()} }

// Reset begins a piece of length bytes, without the padding at its end.
func (h *Hasher) Reset(e Expect, length int) {
	h.expect, h.length, h.prefix = e, length, 0
	if e.HasV1 {
		h.sha1.Reset()
	}
	if !e.HasV2 {
		return
	}
	blocks := int(merkle.Blocks(int64(length)))
	if cap(h.leaves) < blocks {
		h.leaves, h.hashed = make([]merkle.Hash, blocks), make([]bool, blocks)
	}
	h.leaves, h.hashed, h.left = h.leaves[:blocks], h.hashed[:blocks], blocks
	clear(h.hashed)
}

// Hashed returns how many bytes Prefix has seen since Reset.
func (h *Hasher) Hashed() int { return h.prefix }

// Prefix hashes the next bytes of the piece, in order: for v1, and for v2 those blocks that Leaf
// has not. For v2 b begins at a block border and ends at one, or at the end of the data.
func (h *Hasher) Prefix(b []byte) {
	at := h.prefix
	h.prefix += len(b)
	if h.expect.HasV1 {
		h.sha1.Write(b)
	}
	if !h.expect.HasV2 {
		return
	}
	for len(b) > 0 {
		n := min(len(b), layout.BlockSize)
		h.Leaf(at/layout.BlockSize, b[:n])
		b, at = b[n:], at+n
	}
}

// Leaf hashes block i for v2, in any order. For a v1 torrent it does nothing.
func (h *Hasher) Leaf(i int, block []byte) {
	if h.expect.HasV2 && !h.hashed[i] {
		h.leaves[i], h.hashed[i] = merkle.LeafHash(block), true
		h.left--
	}
}

// Finish adds the padding at the end of the piece, zeros bytes, and says whether the piece is
// right. A piece of which bytes were not hashed is Wrong, as is one without any expectation.
func (h *Hasher) Finish(padding int) Result {
	v1 := h.expect.HasV1 && h.prefix == h.length && h.finishV1(padding)
	if !h.expect.HasV2 {
		return result(v1)
	}
	v2 := h.left == 0 && h.root() == h.expect.V2
	if h.expect.HasV1 && v1 != v2 && h.prefix == h.length {
		return Inconsistent
	}
	return result(v2)
}

func result(ok bool) Result {
	if ok {
		return Right
	}
	return Wrong
}

func (h *Hasher) finishV1(padding int) bool {
	for padding > 0 {
		n := min(padding, len(zeros))
		h.sha1.Write(zeros[:n])
		padding -= n
	}
	h.sha1.Sum(h.sum[:0])
	return h.sum == h.expect.V1
}

// zeros is what padding holds.
var zeros [64 << 10]byte

// root returns the root of the leaves; what is missing on the right is the zero tree (BEP 52).
func (h *Hasher) root() merkle.Hash {
	if len(h.leaves) == 0 || len(h.leaves) > 1<<h.expect.Height {
		return merkle.Hash{}
	}
	return merkle.Subtree(h.leaves, 0, h.expect.Height)
}

// HashBlocks appends the SHA-256 of each 16 KiB block of a piece, the last may be shorter: when the
// piece is wrong they are kept, and compared with those of the right one, to find who sent what.
func HashBlocks(dst []merkle.Hash, piece []byte) []merkle.Hash {
	return merkle.AppendLeaves(dst, piece)
}
