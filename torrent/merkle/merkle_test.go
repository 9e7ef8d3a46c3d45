package merkle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"groove/internal/test/need"
)

// pattern is the file content of the vectors.
func pattern(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte((7*i + 3) % 251)
	}
	return b
}

func TestVectors(t *testing.T) {
	var file struct {
		Merkle struct {
			Cases []struct {
				Size        int
				PieceLength int64 `json:"piece_length"`
				Root, Layer string
			}
		}
	}
	text, err := os.ReadFile(need.Shared(t, "data/vectors.json"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil || len(file.Merkle.Cases) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, c := range file.Merkle.Cases {
		leaves := AppendLeaves(nil, pattern(c.Size))
		root := Root(leaves)
		if root.String() != c.Root {
			t.Errorf("%d bytes: root %v, want %s", c.Size, root, c.Root)
		}
		height, _ := PieceHeight(c.PieceLength)
		tree, err := NewTree(root, int64(c.Size), c.PieceLength)
		if err != nil {
			t.Fatal(err)
		}
		if c.Layer == "" {
			if h, ok := tree.Piece(0); !ok || h != root || tree.Pieces() != 1 {
				t.Errorf("%d bytes: one piece has hash %v, %v", c.Size, h, ok)
			}
			continue
		}
		layer := PieceLayer(leaves, height)
		var got []byte
		for _, h := range layer {
			got = append(got, h[:]...)
		}
		if hex.EncodeToString(got) != c.Layer || RootOfLayer(layer, height) != root || tree.SetLayer(layer) != nil {
			t.Errorf("%d bytes: layer %x does not fit", c.Size, got)
		}
	}
}

// Roots that the reference gives for files of n times 'G'.
func TestRootsOfTheLetterG(t *testing.T) {
	for n, want := range map[int]string{
		1:     "333e0a1e..d70191a3",
		16384: "0a175fb6..797851a3",
		16385: "14ca0cb9..db5c2d56",
		32769: "e5d8e4a8..cf8eb5",
		65537: "06e62b2e..ef2518",
	} {
		root := Root(AppendLeaves(nil, bytes.Repeat([]byte("G"), n))).String()
		start, end, _ := strings.Cut(want, "..")
		if !strings.HasPrefix(root, start) || !strings.HasSuffix(root, end) {
			t.Errorf("%d bytes: %s, want %s", n, root, want)
		}
	}
	for height, want := range map[int]string{1: "f5a5fd42", 2: "db56114e", 4: "536d9883"} {
		if !strings.HasPrefix(Zero(height).String(), want) {
			t.Errorf("padding of height %d is %v", height, Zero(height))
		}
	}
}

// The tree as its definition says it: every leaf is there, padding too.
func slowRoot(leaves []Hash, height int) Hash {
	row := append([]Hash(nil), leaves...)
	for len(row) < 1<<height {
		row = append(row, Hash{})
	}
	for len(row) > 1 {
		for i := range len(row) / 2 {
			row[i] = Join(row[2*i], row[2*i+1])
		}
		row = row[:len(row)/2]
	}
	return row[0]
}

func TestASubtreeIsItsDefinition(t *testing.T) {
	var leaves []Hash
	for n := 0; n <= 40; n++ {
		for height := 6; height >= 0 && 1<<height >= n; height-- {
			if got := Subtree(leaves, 0, height); got != slowRoot(leaves, height) {
				t.Fatalf("%d leaves under height %d: %v", n, height, got)
			}
			for at := 1; at <= height && n > 0; at++ {
				if Subtree(PieceLayer(leaves, at), at, height) != slowRoot(leaves, height) {
					t.Fatalf("%d leaves, layer at %d, height %d", n, at, height)
				}
			}
		}
		leaves = append(leaves, LeafHash([]byte{byte(n)}))
	}
	if n := testing.AllocsPerRun(10, func() { Subtree(leaves, 0, 6) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSubtree(b *testing.B) {
	leaves := AppendLeaves(nil, pattern(16<<20))
	b.SetBytes(int64(len(leaves)) * 64)
	for b.Loop() {
		Subtree(leaves, 0, 10)
	}
}
