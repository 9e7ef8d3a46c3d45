package main

import (
	"math"
	"testing"
	"time"
)

func TestHumanBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.00 KiB", 16384: "16.0 KiB", 327155712: "312 MiB",
		1<<20 - 1: "1.00 MiB", 1023 << 20: "1023 MiB", math.MaxInt64: "8192 PiB",
	} {
		if got := humanBytes(n); got != want {
			t.Errorf("humanBytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestHumanDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59400 * time.Millisecond: "59 s", 59600 * time.Millisecond: "1 min 00 s",
		3661 * time.Second: "1 h 01 min", 72 * time.Hour: "3 days",
	} {
		if got := humanDuration(d); got != want {
			t.Errorf("humanDuration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestPercentSays100OnlyOfWhatIsComplete(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		want        int
	}{{0, 0, 0}, {1, 3, 33}, {999_999_999, 1_000_000_000, 99}, {7, 7, 100}} {
		if got := percent(c.done, c.total); got != c.want {
			t.Errorf("percent(%d, %d) = %d, want %d", c.done, c.total, got, c.want)
		}
	}
}

func TestWhatStrangersCallThemselvesCannotMoveTheCursor(t *testing.T) {
	if got := printable("evil\x1b[2J\r\nname\u202e"); got != "evil?[2J??name?" {
		t.Errorf("printable gave %q", got)
	}
}

func TestCutAndPadCountColumns(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"a", 3, "a  "}, {"日本語", 5, "日本…"}, {"e\u0301t\u00e9", 3, "e\u0301t\u00e9"}, {"x", 0, ""}} {
		if got := pad(c.in, c.n); got != c.want {
			t.Errorf("pad(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	for in, want := range map[string]string{
		"announce to http://t.example:80/announce?passkey=abc: refused":          "announce to http://t.example:80/announce?***: refused",
		"http://user:pw@t.example/0123456789abcdef0123/announce":                 "http://t.example/***/announce",
		"tried https://t.example/announce/KEY, udp://t.example:6969/announce/K.": "tried https://t.example/announce/***, udp://t.example:6969/announce/***.",
		"https://archive.example/shows/gd1977-05-08.torrent":                     "https://archive.example/shows/gd1977-05-08.torrent",
	} {
		if got := hideSecrets(in); got != want {
			t.Errorf("hideSecrets(%q)\n gave %q\n want %q", in, got, want)
		}
	}
}
