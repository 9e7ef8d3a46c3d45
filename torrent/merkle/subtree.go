package merkle

// Root returns the root of a file's tree from all its leaves: they are padded to the next power
// of two. It is the `pieces root` of BEP 52. A file without bytes has no root.
func Root(leaves []Hash) Hash { return Subtree(leaves, 0, HeightOf(int64(len(leaves)))) }

// RootOfLayer returns the root of a file's tree from its piece layer, whose nodes are at
// pieceHeight and are padded with trees of missing leaves.
func RootOfLayer(layer []Hash, pieceHeight int) Hash {
	return Subtree(layer, pieceHeight, pieceHeight+HeightOf(int64(len(layer))))
}

// PieceLayer returns the nodes at pieceHeight of a file with these leaves, the last of them
// padded to a whole piece.
func PieceLayer(leaves []Hash, pieceHeight int) []Hash {
	piece := 1 << pieceHeight
	layer := make([]Hash, 0, (len(leaves)+piece-1)/piece)
	for len(leaves) > 0 {
		n := min(piece, len(leaves))
		layer = append(layer, Subtree(leaves[:n], 0, pieceHeight))
		leaves = leaves[n:]
	}
	return layer
}

// Subtree returns the node at height to above nodes that stand side by side at height from.
// Nodes that are missing on the right are trees of missing leaves. There may be at most
// 2^(to-from) nodes. O(nodes), no allocation.
func Subtree(nodes []Hash, from, to int) Hash {
	if len(nodes) == 0 {
		return Zero(to)
	}
	var left [MaxHeight + 1]Hash // left[i] waits for its right sibling where bit i of count is set
	for count, node := range nodes {
		i := from
		for ; count&1 == 1; count >>= 1 {
			node = Join(left[i], node)
			i++
		}
		left[i] = node
	}
	return closeRight(&left, len(nodes), from, to)
}

// closeRight joins what is left of count nodes with padding, up to height to.
func closeRight(left *[MaxHeight + 1]Hash, count, from, to int) Hash {
	node, open := Hash{}, false
	for i := from; i < to; i++ {
		waits := count&1 == 1
		count >>= 1
		switch {
		case waits && open:
			node = Join(left[i], node)
		case waits:
			node, open = Join(left[i], Zero(i)), true
		case open:
			node = Join(node, Zero(i))
		}
	}
	if open {
		return node
	}
	return left[to]
}
