package merkle

import "math/bits"

// Request says which hashes of a file's tree are wanted, as `hash request`, `hashes` and
// `hash reject` do (BEP 52).
type Request struct {
	Base   uint32 // height of the hashes
	Index  uint32 // of the first, among all nodes of that height
	Length uint32 // how many: a power of two, at least 2; Index is a multiple of it
	Proof  uint32 // layers above Base that must be provable; those below a common node cost nothing
}

// Uncles returns how many hashes stand behind the wanted ones as their proof, lowest first, and
// whether a tree of this height can answer the request at all.
func (r Request) Uncles(height int) (int, bool) {
	switch {
	case height > MaxHeight || int64(r.Base) >= int64(height):
		return 0, false
	case r.Length < 2 || r.Length > MaxRequest || bits.OnesCount32(r.Length) != 1 || r.Index%r.Length != 0:
		return 0, false
	case uint64(r.Index)+uint64(r.Length) > 1<<(height-int(r.Base)):
		return 0, false
	case int64(r.Proof) > int64(height)-int64(r.Base)-1:
		return 0, false
	}
	return max(0, int(r.Proof)-(r.span()-1)), true
}

// span is the height of the tree that the wanted hashes are the leaves of.
func (r Request) span() int { return bits.TrailingZeros32(r.Length) }

// FullProof returns r with as many proof layers as lead to the root of a tree of this height.
func (r Request) FullProof(height int) Request {
	r.Proof = uint32(height) - r.Base - 1
	return r
}

// Verify checks the answer to a request with a full proof: the wanted hashes, then the uncles,
// lead to the root of a tree of this height. It returns ErrShape or ErrMismatch.
func Verify(root Hash, height int, r Request, hashes []Hash) error {
	top, at, _, err := r.climb(height, hashes)
	switch {
	case err != nil:
		return err
	case at != height:
		return ErrShape
	case top != root:
		return ErrMismatch
	}
	return nil
}

// climb returns the highest node that an answer leads to, with its height and index.
func (r Request) climb(height int, hashes []Hash) (node Hash, at int, index uint32, err error) {
	uncles, ok := r.Uncles(height)
	if !ok || len(hashes) != int(r.Length)+uncles {
		return Hash{}, 0, 0, ErrShape
	}
	at, index = int(r.Base)+r.span(), r.Index/r.Length
	node = Subtree(hashes[:r.Length], int(r.Base), at)
	for _, uncle := range hashes[r.Length:] {
		if index&1 == 0 {
			node = Join(node, uncle)
		} else {
			node = Join(uncle, node)
		}
		at++
		index >>= 1
	}
	return node, at, index, nil
}

// appendProof appends the answer to a request: the wanted hashes and their uncles. node answers
// for any node of the tree by height and index, and false where it is not known; then, and where
// the request does not fit the tree, dst comes back unchanged with false.
func appendProof(dst []Hash, height int, r Request, node func(at int, index uint32) (Hash, bool)) ([]Hash, bool) {
	uncles, ok := r.Uncles(height)
	if !ok {
		return dst, false
	}
	start := len(dst)
	for i := range r.Length {
		h, ok := node(int(r.Base), r.Index+i)
		if !ok {
			return dst[:start], false
		}
		dst = append(dst, h)
	}
	at, index := int(r.Base)+r.span(), r.Index/r.Length
	for range uncles {
		h, ok := node(at, index^1)
		if !ok {
			return dst[:start], false
		}
		dst = append(dst, h)
		at++
		index >>= 1
	}
	return dst, true
}
