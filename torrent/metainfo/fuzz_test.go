package metainfo

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"groove/internal/test/need"
)

// seedTorrents gives a fuzz target the torrents of the table, where they are here, and three of
// our own.
func seedTorrents(f *testing.F, add func(data []byte, m *Metainfo)) {
	files := []SourceFile{{Path: []string{"a"}, Length: 40000}, {Path: []string{"d", "b"}, Length: 7}, {Path: []string{"d", "c"}}}
	for format := V1; format <= V2; format++ {
		m := hashed(f, files, Options{Name: "x", Format: format, Trackers: [][]string{{"http://t/"}}}, content)
		add(m.Encode(), m)
	}
	dir := filepath.Join(need.ModuleRoot(f), "..", "shared", "data", "torrents")
	names, _ := filepath.Glob(filepath.Join(dir, "*.torrent"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err == nil && len(data) < 20<<10 {
			m, _ := Parse(data)
			add(data, m)
		}
	}
}

// Whatever loads is safe and can be written and read again.
func FuzzParse(f *testing.F) {
	seedTorrents(f, func(data []byte, _ *Metainfo) { f.Add(data) })
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		checkSafe(t, "fuzzed", m.Info)
		checkStable(t, "fuzzed", m)
		if _, err := ParseMagnet(m.Magnet().String()); err != nil {
			t.Fatalf("%v: %v", m.Magnet(), err)
		}
	})
}

// Whatever info dictionary loads is safe, and every piece has the hashes that its halves promise.
func FuzzParseInfo(f *testing.F) {
	seedTorrents(f, func(_ []byte, m *Metainfo) {
		if m != nil {
			f.Add(m.Info.Raw)
		}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := ParseInfo(data)
		if err != nil {
			return
		}
		checkSafe(t, "fuzzed", info)
		for i := range min(info.Layout.Pieces(), 1000) {
			p, _ := info.Layout.Piece(uint32(i))
			if _, ok := info.PieceHashV1(p); ok != info.HasV1 {
				t.Fatalf("piece %d: v1 hash %v", i, ok)
			}
			if _, ok := info.PieceHashV2(p); ok && !info.HasV2 {
				t.Fatalf("piece %d has a v2 hash", i)
			}
		}
	})
}

// A link that is read prints as one that says the same.
func FuzzMagnet(f *testing.F) {
	f.Add("magnet:?xt=urn:btih:VKVKVKVKVKVKVKVKVKVKVKVKVKVKVKVK&dn=a+b&tr=udp%3A%2F%2Ft:1&so=0,2,4-7&xl=5&x.pe=[2001:db8::1]:51413&ws=http://w/")
	f.Add("magnet:?xt.1=urn:btmh:1220bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb&xt=urn:btih:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, link string) {
		m, err := ParseMagnet(link)
		if err != nil {
			return
		}
		if again, err := ParseMagnet(m.String()); err != nil || !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v came back as %+v: %v", m, again, err)
		}
	})
}
