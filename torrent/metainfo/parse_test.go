package metainfo

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"groove/torrent/bencode"
	"groove/torrent/infohash"
	"groove/torrent/merkle"
)

// Small torrents are written as text: info is what stands in the info dictionary.
func torrentOf(info, around string) []byte { return []byte("d4:infod" + info + "e" + around + "e") }

const (
	onePiece  = "6:pieces20:01234567890123456789"
	twoPieces = "6:pieces40:0123456789012345678901234567890123456789"
	rootA     = "11:pieces root32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	rootB     = "11:pieces root32:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// Kinds of torrents beside those of the table; what loads and what not was compared with
// libtorrent 2.0.8, except where a case says so.
func TestOddTorrents(t *testing.T) {
	v1 := func(files string) string { return "5:filesl" + files + "e4:name1:t12:piece lengthi16384e" + onePiece }
	for name, c := range map[string]struct{ info, want string }{
		"a file":               {"6:lengthi5e4:name1:t12:piece lengthi16384e" + onePiece, "t:5"},
		"a folder":             {v1("d6:lengthi5e4:pathl1:d1:aeed6:lengthi0e4:pathl1:bee"), "t/d/a:5 t/b:0"},
		"files and length":     {"5:filesld6:lengthi5e4:pathl1:aeee6:lengthi7e4:name1:t12:piece lengthi16384e" + onePiece, "t/a:5"},
		"padding without path": {v1("d6:lengthi5e4:pathl1:aeed4:attr1:p6:lengthi9ee"), "t/a:5 t/.pad/9:9"},
		"old padding":          {v1("d6:lengthi5e4:pathl1:aeed6:lengthi9e4:pathl20:_____padding_file_0_eed6:lengthi1e4:pathl1:bee"), "t/a:5 t/_____padding_file_0_:9 t/b:1"},
		"link with a length":   {v1("d6:lengthi5e4:pathl1:aeed4:attr1:l6:lengthi50e4:pathl1:se12:symlink pathl1:aee"), "t/a:5 t/s:0->t/a"},
		"link out of the torrent": {v1("d6:lengthi5e4:pathl1:aeed4:attr1:l4:pathl1:se12:symlink pathl2:..3:etcee"),
			"t/a:5 t/s:0->t/_/etc"},
		"link to nowhere":       {v1("d6:lengthi5e4:pathl1:aeed4:attr1:l6:lengthi0e4:pathl1:see"), "t/a:5 t/s:0->"},
		"private is not 1":      {v1("d6:lengthi5e4:pathl1:aee") + "7:privatei2e", "t/a:5"},
		"version 1":             {"6:lengthi5e12:meta versioni1e4:name1:t12:piece lengthi16384e" + onePiece, "t:5"},
		"version 3":             {"6:lengthi5e12:meta versioni3e4:name1:t12:piece lengthi16384e" + onePiece, "meta version is 3"},
		"tree without version":  {"9:file treed1:ad0:d6:lengthi5e" + rootA + "eee6:lengthi5e4:name1:t12:piece lengthi16384e" + onePiece, "meta version is not 2"},
		"empty path":            {v1("d6:lengthi5e4:pathlee"), "no path"},
		"path is text":          {v1("d6:lengthi5e4:path1:ae"), "no path"},
		"path of numbers":       {v1("d6:lengthi5e4:pathli1eee"), "no path"},
		"path too deep":         {v1("d6:lengthi5e4:pathl" + strings.Repeat("1:a", 101) + "ee"), "no path"},
		"no length":             {v1("d4:pathl1:aee"), "length of a file"},
		"files are a dict":      {"5:filesde4:name1:t12:piece lengthi16384e" + onePiece, "length of a file"},
		"too many hashes":       {"6:lengthi5e4:name1:t12:piece lengthi16384e" + twoPieces, "40 bytes of piece hashes"},
		"pieces twice":          {"6:lengthi5e4:name1:t12:piece lengthi16384e" + onePiece + onePiece, "stands twice"}, // as Transmission; libtorrent takes it
		"sum beyond 64 bits":    {v1("d6:lengthi9223372036854775807e4:pathl1:aeed6:lengthi9223372036854775807e4:pathl1:bee"), "larger than"},
		"v2 file":               {"9:file treed1:td0:d6:lengthi5e" + rootA + "eee12:meta versioni2e4:name1:t12:piece lengthi16384e", "t:5 t/.pad/16379:16379"},
		"v2 folder":             {"9:file treed1:dd1:ad0:d6:lengthi5e" + rootA + "eee1:ed0:d6:lengthi0eeee12:meta versioni2e4:name1:t12:piece lengthi16384e", "t/d/a:5 t/.pad/16379:16379 t/e:0"},
		"v2 without tree":       {"6:lengthi5e12:meta versioni2e4:name1:t12:piece lengthi16384e" + onePiece, "file tree of a v2 torrent is missing"},
		"v2 file in a file":     {"9:file treed1:ad0:d6:lengthi5e" + rootA + "e1:bd0:d6:lengthi0eeeee12:meta versioni2e4:name1:t12:piece lengthi16384e", "also a folder"},
		"v2 empty name":         {"9:file treed0:d0:d6:lengthi5e" + rootA + "eee12:meta versioni2e4:name1:t12:piece lengthi16384e", "neither a file nor a folder"},
		"v2 short root":         {"9:file treed1:ad0:d6:lengthi5e11:pieces root3:abceee12:meta versioni2e4:name1:t12:piece lengthi16384e", "no pieces root"},
		"v2 overlong integer":   {"9:file treed1:ad0:d6:lengthi05e" + rootA + "eee12:meta versioni2e4:name1:t12:piece lengthi16384e", "not canonical"},
		"v2 name is only a key": {"9:file treed1:xd0:d6:lengthi16384e" + rootA + "eee12:meta versioni2e4:name1:t12:piece lengthi16384e", "t/x:16384"},                                             // libtorrent calls the torrent x
		"hybrid without hashes": {"9:file treed1:ad0:d6:lengthi5e" + rootA + "eee5:filesld6:lengthi5e4:pathl1:aeee12:meta versioni2e4:name1:t12:piece lengthi16384e", "piece hashes are missing"}, // libtorrent takes it
	} {
		m, err := Parse(torrentOf(c.info, ""))
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		var got []string
		for _, f := range m.Info.Files {
			s := fmt.Sprint(f.Path, ":", f.Length)
			if f.IsSymlink() {
				s += "->" + f.Symlink
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
		if m.Info.Private != strings.Contains(c.info, "private") {
			t.Errorf("%s: private is %v", name, m.Info.Private)
		}
		checkSafe(t, name, m.Info)
	}
}

// A hybrid of files a (5 bytes) and b (6): what v1 may list for that tree and what not.
func TestHalvesOfAHybrid(t *testing.T) {
	const tree = "9:file treed1:ad0:d6:lengthi5e" + rootA + "ee1:bd0:d6:lengthi6e" + rootB + "eee"
	file := func(name string, n int) string { return fmt.Sprintf("d6:lengthi%de4:pathl1:%see", n, name) }
	pad := func(n int) string { return fmt.Sprintf("d4:attr1:p6:lengthi%de4:pathl4:.pad1:0ee", n) }
	for files, ok := range map[string]bool{
		file("a", 5) + pad(16379) + file("b", 6):                    true,
		file("a", 5) + pad(16379) + file("b", 6) + pad(16378):       true,
		file("a", 5) + pad(16379) + file("b", 6) + pad(10):          false,
		file("a", 5) + pad(16379) + file("b", 6) + pad(16378+16384): false,
		file("a", 5) + pad(16370) + pad(9) + file("b", 6):           false,
		file("a", 5) + pad(16379) + pad(16384) + file("b", 6):       false,
		file("a", 5) + file("b", 6):                                 false,
		file("b", 6) + pad(16378) + file("a", 5):                    false,
		file("a", 5) + pad(16379) + file("c", 6):                    false,
		file("a", 5) + pad(16378) + file("b", 7):                    false,
		file("a", 5):                                                false,
		file("a", 5) + pad(16379) + file("b", 6) + file("c", 0):     false,
	} {
		m, err := Parse(torrentOf(tree+"5:filesl"+files+"e12:meta versioni2e4:name1:t12:piece lengthi16384e"+twoPieces, ""))
		if ok != (err == nil) || !ok && !errors.Is(err, ErrHybrid) {
			t.Errorf("%s: %v", files, err)
		}
		if err == nil && !m.Info.ID.IsHybrid() {
			t.Errorf("%s is %v", files, m.Info.ID)
		}
	}
}

// Two files of one root and one layer, a third of another: layers arrive later, are verified,
// and each file knows its own.
func TestLayersMayComeLater(t *testing.T) {
	same := func(path string, n int64) []byte { return content("same", n) }
	files := []SourceFile{{Path: []string{"a"}, Length: 40000}, {Path: []string{"b"}, Length: 40000}, {Path: []string{"c"}, Length: 50000}, {Path: []string{"d"}, Length: 5}}
	full := hashed(t, files, Options{Name: "x", Format: V2}, same)
	info, err := ParseInfo(full.Info.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.MissingLayers(); !slices.Equal(got, []int{0, 2, 4}) {
		t.Fatalf("missing are %v", got)
	}
	if _, ok := info.PieceHashV2(0); ok {
		t.Error("a piece hash is known without its layer")
	}
	if _, ok := info.PieceHashV2(10); !ok {
		t.Error("the hash of a file of one piece is not known")
	}
	wrong := slices.Clone(full.Info.Layer(0))
	wrong[1][0]++
	for _, layer := range [][]merkle.Hash{wrong, wrong[:2], nil, full.Info.Layer(4)} {
		if err := info.SetLayer(0, layer); !errors.Is(err, ErrLayer) {
			t.Errorf("a wrong layer: %v", err)
		}
	}
	if err := info.SetLayer(6, full.Info.Layer(0)); !errors.Is(err, ErrLayer) {
		t.Errorf("a layer for a file of one piece: %v", err)
	}
	if err := info.SetLayer(2, full.Info.Layer(2)); err != nil || !slices.Equal(info.MissingLayers(), []int{4}) {
		t.Errorf("%v, missing are %v", err, info.MissingLayers())
	}
	if tree, ok := info.Tree(0); !ok || !tree.Complete() {
		t.Error("the tree of a file with a layer is not complete")
	}
	if tree, ok := info.Tree(4); !ok || tree.Complete() {
		t.Error("the tree of a file without its layer is complete")
	}
	bad := bencode.AppendBytes(nil, wrong[0][:])
	data := slices.Concat([]byte("d4:info"), info.Raw, []byte("12:piece layersd32:"), info.Files[0].Root[:], bad, []byte("ee"))
	if _, err := Parse(data); !errors.Is(err, ErrLayer) || !errors.Is(err, ErrInvalid) {
		t.Errorf("a torrent with a wrong layer: %v", err)
	}
}

func TestWhatStandsAroundTheInfo(t *testing.T) {
	const info = "6:lengthi5e4:name1:t12:piece lengthi16384e" + onePiece
	m, err := Parse(torrentOf(info, "8:announce9:http://z/13:announce-listll9:http://a/9:http://b/el9:http://a/ele9:http://c/li5eee"+
		"7:comment6:a\x1b[1mb10:created by3:x\xffy13:creation datei-5e5:nodesll1:h0:el1:hi70000eel3:::1i80eel1:hi1eee7:unknownd1:bi2e1:ai01ee"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(m.Trackers, m.Nodes, m.CreationDate); got != "[[http://a/ http://b/] [http://c/]] [[::1]:80 h:1] 0" {
		t.Error(got)
	}
	if m.Comment != "a[1mb" || m.CreatedBy != "x\uFFFDy" {
		t.Errorf("%q %q", m.Comment, m.CreatedBy)
	}
	if s := string(m.Encode()); !strings.Contains(s, "7:unknownd1:ai1e1:bi2ee") {
		t.Errorf("an unknown key was not kept: %q", s)
	}
	checkStable(t, "around", m)
}

func TestEditingLeavesTheTorrentAlone(t *testing.T) {
	m, err := Parse(torrentOf("5:filesld6:lengthi5e4:pathl1:aeee4:name1:t12:piece lengthi16384e"+onePiece, "8:announce9:http://z/7:comment1:c"))
	if err != nil {
		t.Fatal(err)
	}
	id := m.Info.ID
	if err := m.SetTrackers([][]string{{"nonsense"}}); err == nil || m.Trackers[0][0] != "http://z/" {
		t.Errorf("%v %v", err, m.Trackers)
	}
	if err := m.SetWebSeeds([]string{"ftp://x/"}); err == nil {
		t.Error("an ftp web seed was taken")
	}
	if err := errors.Join(m.SetTrackers([][]string{{"udp://a:1", " http://b/ "}, {"udp://a:1"}}), m.SetWebSeeds([]string{"https://w/d"})); err != nil {
		t.Fatal(err)
	}
	m.SetComment("")
	back, err := Parse(m.Encode())
	if err != nil || back.Info.ID != id || fmt.Sprint(back.Trackers, back.WebSeeds) != "[[udp://a:1 http://b/]] [https://w/d/]" || back.Comment != "" {
		t.Errorf("%v %+v", err, back)
	}
	if magnet := back.Magnet(); magnet.Length != 5 || magnet.Name != "t" || magnet.ID != id {
		t.Errorf("%+v", magnet)
	}
}

func TestSimilarTorrents(t *testing.T) {
	const twenty = "20:01234567890123456789"
	m, err := Parse(torrentOf("11:collectionsl1:xe6:lengthi5e4:name1:t12:piece lengthi16384e"+onePiece+"7:similarl"+twenty+"e", "11:collectionsl1:ye7:similarl3:bade"))
	if err != nil || !slices.Equal(m.Similar, []infohash.ID{infohash.FromV1(infohash.V1([]byte("01234567890123456789")))}) || !slices.Equal(m.Collections, []string{"x", "y"}) {
		t.Errorf("%v %v %v", err, m.Similar, m.Collections)
	}
	checkStable(t, "similar", m)
}
