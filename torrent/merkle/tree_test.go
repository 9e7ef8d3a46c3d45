package merkle

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// leavesOf makes up the leaves of a file of n blocks.
func leavesOf(n int) []Hash {
	leaves := make([]Hash, n)
	for i := range leaves {
		leaves[i] = LeafHash([]byte{byte(i), byte(i >> 8)})
	}
	return leaves
}

// seed returns a tree that knows everything, and its leaves.
func seed(t testing.TB, blocks, pieceHeight int) (*Tree, []Hash) {
	t.Helper()
	leaves := leavesOf(blocks)
	tree, err := NewTree(Root(leaves), int64(blocks)*BlockSize, BlockSize<<pieceHeight)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Pieces() > 1 {
		if err := tree.SetLayer(PieceLayer(leaves, pieceHeight)); err != nil {
			t.Fatal(err)
		}
	}
	for p := range tree.Pieces() {
		first := p << tree.PieceHeight()
		if err := tree.SetLeaves(p, leaves[first:first+tree.blocksOf(p)]); err != nil {
			t.Fatal(err)
		}
	}
	return tree, leaves
}

// A downloader that knows only the root asks what it misses and ends with what the seed has,
// whatever the sizes; a changed hash anywhere is refused and changes nothing.
func TestADownloaderLearnsTheTreeFromASeed(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, blocks := range []int{1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 1023, 1025, 5000} {
		for pieceHeight := range 6 {
			from, leaves := seed(t, blocks, pieceHeight)
			to, _ := NewTree(from.Root(), int64(blocks)*BlockSize, BlockSize<<pieceHeight)
			learn := func(r Request) {
				hashes, ok := from.AppendHashes(nil, r)
				if !ok {
					t.Fatalf("%d blocks, pieces of %d: %+v is rejected", blocks, 1<<pieceHeight, r)
				}
				bad := append([]Hash(nil), hashes...)
				bad[rng.IntN(len(bad))][rng.IntN(32)] ^= 1 << rng.IntN(8)
				if err := to.Accept(r, bad); !errors.Is(err, ErrMismatch) {
					t.Fatalf("%+v: a changed hash gives %v", r, err)
				}
				if err := to.Accept(r, hashes); err != nil {
					t.Fatalf("%+v: %v", r, err)
				}
				if err := to.Accept(r, hashes); err != nil {
					t.Fatalf("%+v answered twice: %v", r, err)
				}
			}
			for at := 0; ; {
				r, ok := to.Missing(at)
				if !ok {
					break
				}
				learn(r)
				at = int(r.Index + r.Length)
			}
			if !to.Complete() || len(to.Layer()) != from.Pieces() {
				t.Fatalf("%d blocks, pieces of %d: the layer is not complete", blocks, 1<<pieceHeight)
			}
			for p := range to.Pieces() {
				for {
					r, ok := to.MissingLeaves(p, 0)
					if !ok {
						break
					}
					learn(r)
				}
				for b := range to.blocksOf(p) {
					if h, ok := to.Leaf(p, b); to.PieceHeight() > 0 && (!ok || h != leaves[p<<to.PieceHeight()+b]) {
						t.Fatalf("leaf %d of piece %d is %v", b, p, h)
					}
				}
			}
		}
	}
}

// What libtorrent 2.0.8 answers for a tree of height 9 (512 blocks): how many hashes, 0 = reject.
func TestRequestsAreAnsweredAsLibtorrentDoes(t *testing.T) {
	tree, _ := seed(t, 512, 4)
	for _, c := range []struct {
		r    Request
		want int
	}{
		{Request{4, 0, 32, 0}, 32},
		{Request{4, 0, 32, 4}, 32},
		{Request{4, 8, 8, 3}, 9},
		{Request{4, 8, 8, 4}, 10},
		{Request{0, 16, 16, 8}, 21},
		{Request{2, 64, 16, 0}, 16},
		{Request{5, 0, 16, 3}, 16},
		{Request{4, 0, 32, 5}, 0},  // more proof than there are layers
		{Request{4, 16, 32, 0}, 0}, // beyond the padded layer, and not aligned
		{Request{4, 32, 32, 0}, 0},
		{Request{9, 0, 2, 0}, 0},
		{Request{4, 0, 3, 0}, 0},
		{Request{4, 4, 8, 0}, 0},
		{Request{4, 0, 1, 0}, 0},
		{Request{4, 0, 0, 0}, 0},
		{Request{4, 1<<32 - 32, 32, 0}, 0},
		{Request{1<<32 - 1, 0, 2, 0}, 0},
		{Request{0, 0, 2, 1<<32 - 1}, 0},
	} {
		hashes, ok := tree.AppendHashes(nil, c.r)
		if ok != (c.want > 0) || len(hashes) != c.want {
			t.Errorf("%+v: %d hashes, want %d", c.r, len(hashes), c.want)
		}
		if ok && c.r.Proof == 8-c.r.Base {
			if err := Verify(tree.Root(), 9, c.r, hashes); err != nil {
				t.Errorf("%+v: %v", c.r, err)
			}
		}
	}
}

func TestWhatIsNotKnownIsRejected(t *testing.T) {
	full, leaves := seed(t, 100, 3)
	tree, _ := NewTree(full.Root(), 100*BlockSize, BlockSize<<3)
	layer, below := Request{3, 0, 16, 0}, Request{0, 8, 8, 2}
	if _, ok := tree.AppendHashes(nil, layer); ok {
		t.Error("an unknown layer was answered")
	}
	if err := tree.SetLeaves(0, leaves[:8]); !errors.Is(err, ErrShape) {
		t.Errorf("leaves of a piece without a hash: %v", err)
	}
	if err := tree.SetLayer(full.Layer()[:12]); !errors.Is(err, ErrShape) {
		t.Errorf("a short layer: %v", err)
	}
	wrong := append([]Hash(nil), full.Layer()...)
	wrong[3][0]++
	if err := tree.SetLayer(wrong); !errors.Is(err, ErrMismatch) || tree.Layer() != nil {
		t.Errorf("a wrong layer: %v", err)
	}
	if err := tree.SetLayer(full.Layer()); err != nil {
		t.Error(err)
	}
	if _, ok := tree.AppendHashes(nil, layer); !ok {
		t.Error("a known layer was rejected")
	}
	if _, ok := tree.AppendHashes(nil, below); ok {
		t.Error("unknown leaves were answered")
	}
	if first, end := tree.PiecesOf(below); first != 1 || end != 2 {
		t.Errorf("%+v needs the leaves of pieces %d to %d", below, first, end)
	}
	tree.SetLeaves(1, leaves[8:16])
	if _, ok := tree.AppendHashes(nil, below); !ok {
		t.Error("known leaves were rejected")
	}
	tree.DropLeaves(1)
	if _, ok := tree.Leaf(1, 0); ok {
		t.Error("dropped leaves are still there")
	}
}

// Whatever a stranger answers to whatever request, only what leads to the root is kept.
func FuzzProof(f *testing.F) {
	f.Add(uint16(512), uint8(4), uint32(4), uint32(8), uint32(8), uint32(4), []byte{1, 2, 3})
	f.Add(uint16(100), uint8(3), uint32(0), uint32(8), uint32(8), uint32(2), []byte{})
	f.Add(uint16(1), uint8(0), uint32(0), uint32(0), uint32(2), uint32(0), []byte{9})
	f.Fuzz(func(t *testing.T, blocks uint16, pieceHeight uint8, base, index, length, proof uint32, noise []byte) {
		n := int(blocks%1024) + 1
		from, leaves := seed(t, n, int(pieceHeight%8))
		to, _ := NewTree(from.Root(), int64(n)*BlockSize, BlockSize<<(pieceHeight%8))
		r := Request{base, index, length, proof}
		hashes, ok := from.AppendHashes(nil, r)
		if uncles, possible := r.Uncles(from.Height()); ok != possible || ok && len(hashes) != int(length)+uncles {
			t.Fatalf("%+v of %d blocks: %d hashes", r, n, len(hashes))
		}
		changed := false
		for i := 0; i+1 < len(noise) && len(hashes) > 0; i += 2 {
			hashes[int(noise[i])%len(hashes)][0] ^= noise[i+1]
			changed = true
		}
		if !ok {
			hashes = append(hashes, make([]Hash, len(noise))...)
		}
		err := to.Accept(r, hashes)
		if !ok && err == nil {
			t.Fatalf("%+v was never answered, but accepted", r)
		}
		if _, was := from.AppendHashes(nil, r); changed && was && err == nil {
			again, _ := from.AppendHashes(nil, r)
			for i := range again {
				if again[i] != hashes[i] {
					t.Fatal("a changed hash was accepted")
				}
			}
		}
		for p := range to.Pieces() {
			want, _ := from.Piece(p)
			if got, ok := to.Piece(p); ok && got != want {
				t.Fatalf("piece %d is %v", p, got)
			}
			for b := range to.blocksOf(p) {
				if h, ok := to.Leaf(p, b); ok && h != leaves[p<<to.PieceHeight()+b] {
					t.Fatalf("leaf %d of piece %d is wrong", b, p)
				}
			}
		}
	})
}
