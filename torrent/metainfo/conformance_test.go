package metainfo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"groove/internal/test/need"
)

// conformanceRows reads the table of torrents, as one map a row.
func conformanceRows(t testing.TB) (dir string, rows []map[string]string) {
	t.Helper()
	dir = need.Shared(t, "data/torrents")
	text, err := os.ReadFile(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(text)) {
		all = append(all, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	if len(all) < 91 {
		t.Fatalf("the table has %d rows", len(all))
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = line[i]
		}
		rows = append(rows, row)
	}
	return dir, rows
}

// Firm and policy rows alike are answered as the table lists them.
func TestEveryTorrentOfTheTable(t *testing.T) {
	dir, rows := conformanceRows(t)
	for _, row := range rows {
		name := row["file"]
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(data)
		if row["verdict"] == "invalid" {
			if err == nil {
				t.Errorf("%s loads: %s", name, row["reason"])
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v (%s)", name, err, row["reason"])
			continue
		}
		checkRow(t, row, m.Info)
		checkSafe(t, name, m.Info)
		if odd := row["bencode"] != "canonical"; odd != (len(m.Flaws) > 0 && !strings.Contains(m.Flaws[0], "piece layers")) {
			t.Errorf("%s: flaws %q, the table says %q", name, m.Flaws, row["bencode"])
		}
	}
}

func checkRow(t *testing.T, row map[string]string, info *Info) {
	t.Helper()
	v1, v2 := "", ""
	if h, ok := info.ID.V1(); ok {
		v1 = h.String()
	}
	if h, ok := info.ID.V2(); ok {
		v2 = h.String()
	}
	pads := 0
	for _, f := range info.Files {
		if f.Pad {
			pads++
		}
	}
	private := "0"
	if info.Private {
		private = "1"
	}
	got := map[string]string{
		"v1": v1, "v2": v2, "pieces": strconv.Itoa(info.Layout.Pieces()), "piece_length": strconv.Itoa(info.Layout.PieceLength()),
		"files": strconv.Itoa(len(info.Files)), "pad_files": strconv.Itoa(pads), "bytes": strconv.FormatInt(info.Layout.Total(), 10),
		"private": private, "name": info.Name,
	}
	for _, column := range []string{"v1", "v2", "pieces", "piece_length", "files", "pad_files", "bytes", "private", "name"} {
		if got[column] != row[column] {
			t.Errorf("%s (%s): %s is %q, want %q", row["file"], row["firmness"], column, got[column], row[column])
		}
	}
}

// checkSafe is what must hold of every torrent that loads, whatever it says.
func checkSafe(t testing.TB, name string, info *Info) {
	t.Helper()
	seen := map[string]bool{}
	if len(info.Files) != len(info.Layout.Files()) {
		t.Fatalf("%s: %d files, %d in the layout", name, len(info.Files), len(info.Layout.Files()))
	}
	for i, f := range info.Files {
		in := info.Layout.Files()[i]
		if in.Length != f.Length || (in.Path == "") != in.Pad || in.Pad != (f.Pad || f.IsSymlink()) {
			t.Fatalf("%s: file %+v is %+v in the layout", name, f, in)
		}
		for _, path := range []string{f.Path, f.Symlink} {
			if path == "" && f.Path != "" {
				continue
			}
			if !filepath.IsLocal(filepath.FromSlash(path)) || path != filepath.ToSlash(filepath.Clean(path)) || strings.ContainsAny(path, "\\\x00\n") {
				t.Fatalf("%s: path %q is not safe", name, path)
			}
			if inside := strings.HasPrefix(path, info.Name+"/"); !inside && path != info.Name || path == info.Name != info.SingleFile && !f.Pad {
				t.Fatalf("%s: path %q is not below %q", name, path, info.Name)
			}
		}
		if f.Pad {
			continue
		}
		key := fold(f.Path)
		if seen[key] {
			t.Fatalf("%s: two files are called %q", name, f.Path)
		}
		seen[key] = true
		for other := key; strings.Contains(other, "/"); {
			other = other[:strings.LastIndexByte(other, '/')]
			if seen[other] {
				t.Fatalf("%s: %q is a file and a folder", name, other)
			}
		}
	}
}

// The details give trackers, nodes, web seeds and paths as libtorrent reads them. Paths that are
// cleaned may differ from its choice; each such case is listed.
func TestDetailsOfTheTable(t *testing.T) {
	chosen := map[string]string{
		"empty_path.torrent":             "",
		"invalid_directory_name.torrent": "test2/_/foo test2/_/foo.1",
		"parent_path.torrent":            "temp/_/_/bar",
		"slash_path.torrent":             "temp/_/_/bar",
		"symlink_filtered_path.torrent":  "temp/a/_/bar temp/a/_/foo",
		"overlapping_symlinks.torrent":   "", // one target is said from the link's folder instead of the torrent's
	}
	// BEP 17 seeds, which are not used here.
	notOurs := []string{"httpseed.torrent", "debian-9.1.0-netinst.torrent"}
	dir := need.Shared(t, "data/torrents")
	text, err := os.ReadFile(filepath.Join(dir, "details.json"))
	var details map[string]struct {
		Trackers []string
		WebSeeds []string `json:"web_seeds"`
		Nodes    [][]any
		Files    []struct {
			Path    string
			Length  int64
			Flags   []string
			Symlink string
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &details)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range details {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := m.Magnet().Trackers; !slices.Equal(got, want.Trackers) {
			t.Errorf("%s: trackers %q, want %q", name, got, want.Trackers)
		}
		if !slices.Equal(m.WebSeeds, want.WebSeeds) && !slices.Contains(notOurs, name) {
			t.Errorf("%s: web seeds %q, want %q", name, m.WebSeeds, want.WebSeeds)
		}
		var nodes []string
		for _, n := range want.Nodes {
			nodes = append(nodes, fmt.Sprintf("%v:%v", n[0], n[1]))
		}
		if !slices.Equal(m.Nodes, nodes) {
			t.Errorf("%s: nodes %q, want %q", name, m.Nodes, nodes)
		}
		var paths []string
		for i, f := range want.Files {
			got := m.Info.Files[i]
			paths = append(paths, got.Path)
			if _, ok := chosen[name]; !ok && (got.Path != f.Path || got.Symlink != f.Symlink) || got.Length != f.Length ||
				got.Pad != slices.Contains(f.Flags, "pad") || got.IsSymlink() != slices.Contains(f.Flags, "symlink") {
				t.Errorf("%s: file %d is %+v, want %+v", name, i, got, f)
			}
		}
		if got := strings.Join(paths, " "); chosen[name] != "" && got != chosen[name] {
			t.Errorf("%s: paths are %s", name, got)
		}
	}
}

// Writing a torrent anew changes neither its ID nor what it says, and writing it once more
// changes nothing.
func TestEncodingIsStable(t *testing.T) {
	dir, rows := conformanceRows(t)
	for _, row := range rows {
		data, _ := os.ReadFile(filepath.Join(dir, row["file"]))
		if m, err := Parse(data); err == nil {
			checkStable(t, row["file"], m)
		}
	}
}

func checkStable(t testing.TB, name string, m *Metainfo) {
	t.Helper()
	once := m.Encode()
	again, err := Parse(once)
	if err != nil {
		t.Fatalf("%s: what was written cannot be read: %v", name, err)
	}
	if again.Info.ID != m.Info.ID || !bytes.Equal(again.Info.Raw, m.Info.Raw) {
		t.Fatalf("%s: the ID changed from %v to %v", name, m.Info.ID, again.Info.ID)
	}
	if !bytes.Equal(again.Encode(), once) {
		t.Fatalf("%s: writing it twice gives something else", name)
	}
	if len(again.Info.MissingLayers()) != len(m.Info.MissingLayers()) {
		t.Fatalf("%s: layers were lost", name)
	}
}
