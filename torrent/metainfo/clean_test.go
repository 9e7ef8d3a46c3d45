package metainfo

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesAreCleaned(t *testing.T) {
	long := strings.Repeat("é", 140)
	for raw, want := range map[string][2]string{ // elsewhere, on Windows
		"gd1977-05-08.flac16": {},
		"Ünïcode – 音楽.flac":   {},
		"..":                  {"_", "_"},
		".":                   {"_", "_"},
		"":                    {"_", "_"},
		"/":                   {"_", "_"},
		"...":                 {"...", "_"},
		"../../etc":           {"....etc", "....etc"},
		`..\..\etc`:           {"....etc", "....etc"},
		"AC/DC":               {"ACDC", "ACDC"},
		"a\x00b\x1bc\u202ed":  {"a_b_c_d", "a_b_c_d"},
		"bad\x80\xff.mp3":     {"bad__.mp3", "bad__.mp3"},
		`a:b*c?"d<e>f|g`:      {`a:b*c?"d<e>f|g`, "a_b_c__d_e_f_g"},
		"etc. . ":             {"etc. . ", "etc"},
		"con":                 {"con", "con_"},
		"NUL.tar.gz":          {"NUL.tar.gz", "NUL_.tar.gz"},
		"com1 .txt":           {"com1 .txt", "com1 _.txt"},
		"LPT²":                {"LPT²", "LPT²_"},
		"console.txt":         {},
		long[:254] + "":       {},
		long + ".flac":        {long[:234] + ".flac", long[:234] + ".flac"},
	} {
		if want[0] == "" {
			want = [2]string{raw, raw}
		}
		for i, windows := range []bool{false, true} {
			got, _ := cleanElement(raw, windows)
			if got != want[i] {
				t.Errorf("%q becomes %q, want %q (windows: %v)", raw, got, want[i], windows)
			}
			if again, _ := cleanElement(got, windows); again != got {
				t.Errorf("%q becomes %q, but that becomes %q", raw, got, again)
			}
		}
	}
}

func TestNoTwoFilesShareAPath(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a a a", "a a.1 a.2"},
		{"x.flac X.FLAC x.1.flac", "x.flac X.2.FLAC x.1.flac"},
		{"a a/b", "a.1 a/b"},
		{"a/b A A/B", "a/b A.1 A/B.1"},
		{"\u00e9 e\u0301 E\u0301", "\u00e9 e\u0301.1 E\u0301.2"},
		{"straße STRASSE", "straße STRASSE.1"},
		{"d/x d/y D/z", "d/x d/y D/z"},
		{".b .b", ".b .b.1"},
	} {
		paths := strings.Fields(c.in)
		number(paths, make([]entry, len(paths)))
		if got := strings.Join(paths, " "); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.in, got, c.want)
		}
	}
	same := slices.Repeat([]string{strings.Repeat("n", 255)}, 300)
	number(same, make([]entry, len(same)))
	slices.Sort(same)
	if len(slices.Compact(same)) != 300 || len(same[0]) > maxElement || len(same[299]) > maxElement {
		t.Error("long names share a path or became too long")
	}
}
