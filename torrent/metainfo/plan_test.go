package metainfo

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha3"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// content makes up the bytes of a file.
func content(path string, n int64) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(len(path)*i>>8)
	}
	return b
}

// hashed makes a torrent of files whose bytes read returns.
func hashed(t testing.TB, files []SourceFile, options Options, read func(path string, n int64) []byte) *Metainfo {
	t.Helper()
	p, err := NewPlan(files, options)
	if err != nil {
		t.Fatal(err)
	}
	l := p.Layout()
	var all []byte
	for _, f := range l.Files() {
		if f.Pad {
			all = append(all, make([]byte, f.Length)...)
		} else {
			all = append(all, read(f.Path, f.Length)...)
		}
	}
	for i := range l.Pieces() {
		piece := layout.PieceIndex(i)
		b := all[l.Start(piece):][:l.Length(piece)]
		if p.NeedsV1() {
			p.SetPieceV1(piece, sha1.Sum(b))
		}
		if p.NeedsV2() {
			p.SetPieceV2(piece, merkle.AppendLeaves(nil, b[:l.DataLength(piece)]))
		}
	}
	m, err := p.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// One file of 8 MiB, SHAKE-256 of "groove": IDs that libtorrent gives too.
func TestKnownTorrent(t *testing.T) {
	shake := sha3.NewSHAKE256()
	shake.Write([]byte("groove"))
	data := make([]byte, 8<<20)
	shake.Read(data)
	for format, want := range map[Format]string{
		V2:     "b2016743de925658400ecb229e3265dba3c05e056c87862e8c21cd229445c810",
		Hybrid: "beb427e877cffb72e0237b4a6a0fb282ad9ff93d+7de514984c6e34b78c5f09ff062c6988e6cf9ebe1ef0357d113d80d012f1f75f",
	} {
		m := hashed(t, []SourceFile{{Length: 8 << 20}}, Options{Name: "t.bin", Format: format, PieceLength: 262144},
			func(string, int64) []byte { return data })
		if got := m.Info.ID.String(); got != want {
			t.Errorf("%v: %s, want %s", format, got, want)
		}
		if root := m.Info.Files[0].Root.String(); root != "81b2c344eba026be934f493994236fe035f891b306cfe803604364bc4d3279cd" {
			t.Errorf("%v: root %s", format, root)
		}
	}
}

// Whatever the files are: all formats are read back complete, with the same files in the same
// order, and the order in which the files were given changes nothing.
func TestWhatIsMadeIsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 60 {
		var files []SourceFile
		for i := range 1 + rng.IntN(6) {
			path := []string{string(rune('a' + i))}
			if rng.IntN(3) == 0 {
				path = []string{"b!", path[0]}
			}
			files = append(files, SourceFile{Path: path, Length: []int64{0, 1, 16384, 32768, rng.Int64N(200000)}[rng.IntN(5)]})
		}
		files[0].Length++
		if rng.IntN(5) == 0 {
			files = []SourceFile{{Length: files[0].Length}}
		}
		var names []string
		for format := V1; format <= V2; format++ {
			options := Options{
				Name: "show", Format: format, PieceLength: 16384 << rng.IntN(3), Private: true, Source: "S", Comment: "c",
				Trackers: [][]string{{"http://a/", "udp://b:1"}, {"http://c/"}}, WebSeeds: []string{"http://w/x"},
			}
			m := hashed(t, files, options, content)
			shuffled := slices.Clone(files)
			rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if again := hashed(t, shuffled, options, content); !bytes.Equal(again.Encode(), m.Encode()) {
				t.Fatalf("%v %v: the order of the files matters", format, files)
			}
			checkStable(t, fmt.Sprint(format, files), m)
			back, err := Parse(m.Encode())
			if err != nil {
				t.Fatal(err)
			}
			checkSafe(t, fmt.Sprint(format, files), back.Info)
			if back.Info.HasV1 != (format != V2) || back.Info.HasV2 != (format != V1) || !back.Info.Private || back.Info.Source != "S" ||
				len(back.Trackers) != 2 || len(back.WebSeeds) != 1 || len(back.Info.MissingLayers()) != 0 || len(back.Flaws) != 0 {
				t.Fatalf("%v %v came back as %+v", format, files, back)
			}
			var got []string
			for _, f := range back.Info.Files {
				if !f.Pad {
					got = append(got, fmt.Sprint(f.Path, f.Length))
				}
			}
			if names != nil && !slices.Equal(got, names) {
				t.Fatalf("%v has %v, another format %v", format, got, names)
			}
			names = got
			checkPieces(t, back.Info)
		}
	}
}

// checkPieces hashes the made-up content of a torrent and compares.
func checkPieces(t *testing.T, info *Info) {
	t.Helper()
	height, _ := merkle.PieceHeight(int64(info.Layout.PieceLength()))
	for i := range info.Layout.Pieces() {
		p := layout.PieceIndex(i)
		var piece []byte
		for _, e := range info.Layout.Extents(nil, p, 0, info.Layout.Length(p)) {
			f := info.Files[e.File]
			b := make([]byte, f.Length)
			if !f.Pad {
				b = content(f.Path, f.Length)
			}
			piece = append(piece, b[e.Offset:e.Offset+e.Length]...)
		}
		if want, ok := info.PieceHashV1(p); ok != info.HasV1 || ok && want != sha1.Sum(piece) {
			t.Fatalf("piece %d: v1 hash is wrong", i)
		}
		want, ok := info.PieceHashV2(p)
		leaves := merkle.AppendLeaves(nil, piece[:info.Layout.DataLength(p)])
		if ok != info.HasV2 || ok && want != merkle.Root(leaves) && want != merkle.Subtree(leaves, 0, height) {
			t.Fatalf("piece %d: v2 hash is wrong", i)
		}
	}
}

func TestPieceLengthIsChosen(t *testing.T) {
	for total, want := range map[int64]int64{
		1: 16 << 10, 2000 * 16 << 10: 16 << 10, 2000*16<<10 + 1: 32 << 10, 1 << 30: 1 << 20, 40 << 30: 16 << 20, 1 << 45: 16 << 20,
	} {
		if got := AutoPieceLength(total); got != want {
			t.Errorf("%d bytes: pieces of %d, want %d", total, got, want)
		}
	}
}

func TestWhatCannotBeMadeIsRefused(t *testing.T) {
	a := []SourceFile{{Path: []string{"a"}, Length: 5}}
	for want, c := range map[string]struct {
		files   []SourceFile
		options Options
	}{
		"not a single byte": {nil, Options{Name: "x"}},
		"power of two":      {a, Options{Name: "x", PieceLength: 100000}},
		"rename it":         {[]SourceFile{{Path: []string{"a\nb"}, Length: 5}}, Options{Name: "x"}},
		"upper and lower":   {[]SourceFile{{Path: []string{"a"}, Length: 5}, {Path: []string{"A"}, Length: 5}}, Options{Name: "x"}},
		"accents":           {[]SourceFile{{Path: []string{"\u00e9"}, Length: 5}, {Path: []string{"e\u0301"}, Length: 5}}, Options{Name: "x"}},
		"the name":          {a, Options{Name: ".."}},
		"is no URL":         {a, Options{Name: "x", Trackers: [][]string{{"example.com"}}}},
		"https":             {a, Options{Name: "x", WebSeeds: []string{"file:///etc"}}},
		"of its own name":   {a, Options{Name: "a", Format: V2}},
		"means padding":     {[]SourceFile{{Path: []string{bitcometPad}, Length: 5}}, Options{Name: "x"}},
	} {
		if _, err := NewPlan(c.files, c.options); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
	p, err := NewPlan(a, Options{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(); !errors.Is(err, ErrPlan) {
		t.Errorf("a torrent without hashes: %v", err)
	}
}
