package metainfo

import (
	"fmt"
	"strconv"
	"strings"

	"groove/torrent/bencode"
	"groove/torrent/merkle"
)

// entry is a file as the info dictionary lists it, its names not yet cleaned.
type entry struct {
	path    []string // below the torrent's name
	length  int64
	pad     bool
	attr    string
	target  []string // of a symlink, below the torrent's name
	root    merkle.Hash
	hasRoot bool
}

// padding returns an entry of n zeros. Its name is the one that hybrids give it (BEP 47, 52).
func padding(n int64) entry {
	return entry{path: []string{".pad", strconv.FormatInt(n, 10)}, length: n, pad: true, attr: "p"}
}

// readAttributes reads what v1 and v2 entries have alike: attr, symlink, length.
func (e *entry) readAttributes(v bencode.Value) error {
	for _, c := range []byte(textOf(v.Get("attr"))) {
		if 'a' <= c && c <= 'z' && len(e.attr) < maxAttr {
			e.attr += string(c)
		}
	}
	if hasAttr(e.attr, 'l') {
		e.target, _ = pathOf(v.Get("symlink path")) // a link without target is shown as such
		return nil                                  // its length counts as 0, whatever it says
	}
	n, ok := v.Get("length").Int()
	if !ok || n < 0 {
		return fmt.Errorf("%w: the length of a file, near byte %d, is missing or negative", ErrInvalid, v.Offset())
	}
	e.length = n
	return nil
}

func hasAttr(attr string, letter byte) bool { return strings.IndexByte(attr, letter) >= 0 }

// pathOf reads a list of strings that has at least one and not too many.
func pathOf(v bencode.Value) ([]string, bool) {
	var path []string
	for item := range v.Items() {
		s, ok := item.Str()
		if !ok || len(path) == maxPathElements {
			return nil, false
		}
		path = append(path, s)
	}
	return path, len(path) > 0
}

// pathBudget bounds what the paths of all files add up to.
type pathBudget struct{ elements, bytes int }

func (b *pathBudget) spend(path []string) error {
	b.elements += len(path)
	for _, s := range path {
		b.bytes += len(s) + 1
	}
	if b.elements > maxTotalElements || b.bytes > maxTotalPath {
		return fmt.Errorf("%w: the names of its files are too long in all", ErrInvalid)
	}
	return nil
}
