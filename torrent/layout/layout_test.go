package layout

import (
	"math/rand/v2"
	"testing"
)

// Whatever the files are, extents cover each piece exactly once, in order, and the block
// arithmetic agrees with a map of every byte.
func TestEveryByteLiesInOnePlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var files []File
		var owner []int
		for i := range rng.IntN(8) {
			f := File{Path: "x", Length: int64(rng.IntN(3 * BlockSize)), Pad: rng.IntN(3) == 0}
			if rng.IntN(4) == 0 {
				f.Length = 0
			}
			files = append(files, f)
			for range f.Length {
				owner = append(owner, i)
			}
		}
		l, err := New(int64(1+rng.IntN(3*BlockSize)), files)
		if err != nil {
			t.Fatal(err)
		}
		at, data := 0, 0
		for p := range PieceIndex(l.Pieces()) {
			length := l.Length(p)
			pads := 0
			for i := at + length - 1; i >= at && files[owner[i]].Pad; i-- {
				pads++
			}
			if l.DataLength(p) != length-pads {
				t.Fatalf("piece %d of %v: data length %d, want %d", p, files, l.DataLength(p), length-pads)
			}
			blocks := 0
			for i := range l.Blocks(p) {
				b := Block{p, uint32(i)}
				blocks += l.BlockLength(b)
				if got, ok := l.Block(uint32(p), uint32(b.Begin()), uint32(l.BlockLength(b))); !ok || got != b {
					t.Fatalf("block %v does not check", b)
				}
			}
			if blocks != l.DataLength(p) {
				t.Fatalf("piece %d: blocks hold %d of %d bytes", p, blocks, l.DataLength(p))
			}
			for _, e := range l.Extents(nil, p, 0, length) {
				for i := range e.Length {
					if owner[at] != e.File || l.FileStart(e.File)+e.Offset+i != int64(at) {
						t.Fatalf("byte %d is said to lie in file %d", at, e.File)
					}
					at++
				}
			}
			data += l.DataLength(p)
		}
		if int64(at) != l.Total() || at != len(owner) {
			t.Fatalf("extents hold %d of %d bytes", at, len(owner))
		}
		for i := range files {
			for p, end := l.FilePieces(i); p < end; p++ {
				found := false
				for _, e := range l.Extents(nil, p, 0, l.Length(p)) {
					found = found || e.File == i
				}
				if !found {
					t.Fatalf("file %d is not in piece %d", i, p)
				}
			}
		}
	}
}

func TestWhatIsAskedFromOutsideIsChecked(t *testing.T) {
	l, err := New(40000, []File{{Path: "a", Length: 50000}, {Length: 30000, Pad: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		piece, begin, length uint32
		ok                   bool
	}{
		{0, 0, BlockSize, true},
		{0, 32768, 7232, true},
		{0, 32768, BlockSize, false},
		{0, 1, BlockSize, false},
		{1, 0, 10000, true},
		{1, BlockSize, 1, false},
		{2, 0, 1, false},
		{1 << 31, 0, BlockSize, false},
		{0, 1<<32 - BlockSize, BlockSize, false},
	} {
		if _, ok := l.Block(r.piece, r.begin, r.length); ok != r.ok {
			t.Errorf("%+v", r)
		}
	}
	for _, bad := range []struct {
		pieceLength int64
		length      int64
	}{{0, 1}, {-1, 1}, {MaxPieceLength + 1, 1}, {16384, -1}, {16384, MaxTotal + 1}, {1, MaxPieces + 1}} {
		if _, err := New(bad.pieceLength, []File{{Length: bad.length}}); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
