package metainfo

import (
	"runtime"
	"strings"
	"unicode/utf8"
)

// How a stranger's names become names of files.
//
// Each element of a path by itself: bytes that are no UTF-8 and control characters (those that
// turn the writing direction too) become "_"; slashes and backslashes are dropped, as libtorrent
// does, so that data which others downloaded is found; an element of which nothing is left, "."
// and ".." become "_"; one of more than 255 bytes is cut to 240, its extension kept. On Windows
// also < > : " | ? * become "_", dots and spaces at the end are dropped, and device names (CON,
// NUL.txt) get a "_" at their end. Elements are never taken away, so a path keeps its depth.
//
// The torrent's name is cleaned alike, but becomes the info-hash where nothing is left of it.
//
// All paths together: no two files of a torrent share a path after Unicode normalisation (NFC)
// and case folding, and no file has the path of a folder. The first keeps its name, others are
// numbered: "a.flac", "a.1.flac". So a name never depends on what is on the disk.

const onWindows = runtime.GOOS == "windows"

// cleanElement cleans one element of a path. It returns "_" and false if nothing is left.
func cleanElement(raw string, windows bool) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == utf8.RuneError && size == 1, isControl(r), windows && strings.ContainsRune(`<>:"|?*`, r):
			b.WriteByte('_')
		case r != '/' && r != '\\':
			b.WriteString(raw[i : i+size])
		}
		i += size
	}
	s := shorten(b.String(), maxElement, cutElement)
	if windows {
		s = cleanForWindows(s)
	}
	if s == "" || s == "." || s == ".." {
		return "_", false
	}
	return s, true
}

// isControl reports whether a character steers a terminal or the direction of writing.
func isControl(r rune) bool {
	return r < ' ' || 0x7f <= r && r <= 0x9f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

// shorten cuts a name that is longer than most to the length cut, between characters, and keeps
// a short extension.
func shorten(s string, most, cut int) string {
	if len(s) <= most {
		return s
	}
	stem, ext := splitExtension(s)
	n := cut - len(ext)
	for n > 0 && !utf8.RuneStart(stem[n]) {
		n--
	}
	return stem[:n] + ext
}

// splitExtension cuts a name before its last dot; an extension has at most 15 letters.
func splitExtension(s string) (stem, ext string) {
	dot := strings.LastIndexByte(s, '.')
	if dot < 1 || len(s)-dot > 16 {
		return s, ""
	}
	return s[:dot], s[dot:]
}

func cleanForWindows(s string) string {
	s = strings.TrimRight(s, ". ")
	base, _, _ := strings.Cut(s, ".")
	if isDevice(strings.ToUpper(strings.TrimRight(base, " "))) {
		return base + "_" + s[len(base):]
	}
	return s
}

// isDevice reports whether Windows keeps a name, in upper case, for a device.
func isDevice(name string) bool {
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, ok := strings.CutPrefix(name, "COM")
	if !ok {
		port, ok = strings.CutPrefix(name, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// joinClean returns the cleaned path below name.
func joinClean(name string, path []string, windows bool) string {
	var b strings.Builder
	b.WriteString(name)
	for _, raw := range path {
		s, _ := cleanElement(raw, windows)
		b.WriteByte('/')
		b.WriteString(s)
	}
	return b.String()
}
