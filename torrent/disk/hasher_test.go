package disk

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// rootOf returns what a v2 piece should hash to, under a tree of this height.
func rootOf(data []byte, height int) merkle.Hash {
	return merkle.Subtree(merkle.AppendLeaves(nil, data), 0, height)
}

// However a piece arrives, the hasher finds out whether it is right; and if only one half of a
// hybrid says so, the torrent contradicts itself.
func TestAPieceIsRightWhateverTheOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	h := NewHasher()
	for range 300 {
		const pieceLength = 8 * layout.BlockSize
		data := make([]byte, 1+rng.IntN(pieceLength))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		padding := pieceLength - len(data)
		fileLength := int64(len(data))
		if rng.IntN(2) == 0 {
			fileLength += pieceLength
		}
		height := LeafHeight(pieceLength, fileLength)
		e := Expect{
			V1: sha1.Sum(append(data[:len(data):len(data)], make([]byte, padding)...)), HasV1: rng.IntN(3) > 0,
			V2: rootOf(data, height), HasV2: rng.IntN(3) > 0, Height: height,
		}
		want, broken := Right, data
		switch rng.IntN(4) {
		case 0:
			want, broken = Wrong, append([]byte(nil), data...)
			broken[rng.IntN(len(broken))]++
		case 1:
			if e.HasV1 && e.HasV2 {
				want = Inconsistent
				if rng.IntN(2) == 0 {
					e.V1[3]++
				} else {
					e.V2[3]++
				}
			}
		}
		if !e.HasV1 && !e.HasV2 {
			want = Wrong
		}
		h.Reset(e, len(data))
		for _, i := range rng.Perm(int(merkle.Blocks(int64(len(data)))))[:rng.IntN(2)] {
			b := broken[i*layout.BlockSize:]
			h.Leaf(i, b[:min(len(b), layout.BlockSize)])
		}
		for left := broken; len(left) > 0; {
			n := min(len(left), (1+rng.IntN(3))*layout.BlockSize)
			h.Prefix(left[:n])
			left = left[n:]
		}
		if got := h.Finish(padding); got != want || h.Hashed() != len(data) {
			t.Fatalf("%d bytes, v1 %v, v2 %v: %v, want %v", len(data), e.HasV1, e.HasV2, got, want)
		}
	}
}

// A piece that did not arrive as a whole is wrong, though a hash may be known for what came.
func TestAnUnfinishedPieceIsWrong(t *testing.T) {
	data := make([]byte, 3*layout.BlockSize)
	h := NewHasher()
	h.Reset(Expect{V1: sha1.Sum(data[:layout.BlockSize]), HasV1: true}, len(data))
	h.Prefix(data[:layout.BlockSize])
	if h.Finish(0) != Wrong {
		t.Error("v1")
	}
	h.Reset(Expect{V2: rootOf(data, 2), HasV2: true, Height: 2}, len(data))
	h.Leaf(2, data[:layout.BlockSize])
	h.Leaf(0, data[:layout.BlockSize])
	if h.Finish(0) != Wrong {
		t.Error("v2")
	}
	h.Leaf(1, data[:layout.BlockSize])
	if h.Finish(0) != Right {
		t.Error("v2 with its last block")
	}
}

// Files of n bytes 'G'; roots that libtorrent 2.0.8 accepts.
func TestRootsOfOtherClients(t *testing.T) {
	for n, want := range map[int64]string{1: "333e0a1e", 16384: "0a175fb6", 16385: "14ca0cb9", 32769: "e5d8e4a8", 65537: "06e62b2e"} { // in any order
		const pieceLength = 128 << 10
		data := make([]byte, n)
		for i := range data {
			data[i] = 'G'
		}
		root := rootOf(data, LeafHeight(pieceLength, n))
		if got := hex.EncodeToString(root[:4]); got != want {
			t.Errorf("%d bytes: %s", n, got)
		}
	}
	if fmt.Sprint(LeafHeight(1<<20, 1<<30), LeafHeight(1<<20, 1), LeafHeight(16<<10, 1<<30)) != "6 0 0" {
		t.Error("heights")
	}
}

func TestHashingAllocatesNothing(t *testing.T) {
	data := make([]byte, 64*layout.BlockSize)
	h := NewHasher()
	e := Expect{HasV1: true, HasV2: true, Height: 6}
	h.Reset(e, len(data))
	if n := testing.AllocsPerRun(20, func() {
		h.Reset(e, len(data))
		h.Prefix(data)
		h.Finish(0)
		h.Reset(e, len(data)-5*layout.BlockSize)
		h.Prefix(data[:len(data)-5*layout.BlockSize])
		h.Finish(5 * layout.BlockSize)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHasher(b *testing.B) {
	data := make([]byte, 1<<20)
	for name, e := range map[string]Expect{ // in any order
		"v1": {HasV1: true}, "v2": {HasV2: true, Height: 6}, "hybrid": {HasV1: true, HasV2: true, Height: 6},
	} {
		b.Run(name, func(b *testing.B) {
			h := NewHasher()
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				h.Reset(e, len(data))
				for at := 0; at < len(data); at += 256 << 10 {
					h.Prefix(data[at:][:256<<10])
				}
				h.Finish(0)
			}
		})
	}
}
