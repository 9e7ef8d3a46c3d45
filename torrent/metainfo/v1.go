package metainfo

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"groove/torrent/bencode"
)

// bitcometPad begins the name of padding files from before BEP 47, which have no attr.
const bitcometPad = "_____padding_file_"

// rawName returns the torrent's name; name.utf-8, which some programs wrote beside a name in
// another encoding, wins.
func rawName(v bencode.Value) (string, bool) {
	if s, ok := v.Get("name.utf-8").Str(); ok && s != "" && utf8.ValidString(s) {
		return s, true
	}
	return v.Get("name").Str()
}

// readV1 reads the files of a v1 torrent: a list, or the one that length describes (BEP 3).
func readV1(v bencode.Value) (list []entry, single bool, err error) {
	files := v.Get("files")
	if files.Kind() != bencode.List {
		var e entry
		if err := e.readAttributes(v); err != nil {
			return nil, false, err
		}
		name, _ := rawName(v)
		e.path = []string{name}
		return []entry{e}, true, nil
	}
	var budget pathBudget
	for item := range files.Items() {
		e, err := readV1Entry(item)
		if err == nil {
			err = budget.spend(e.path)
		}
		if err != nil {
			return nil, false, err
		}
		list = append(list, e)
	}
	return list, false, nil
}

func readV1Entry(v bencode.Value) (entry, error) {
	var e entry
	if v.Kind() != bencode.Dict {
		return e, fmt.Errorf("%w: a file at byte %d is %v", ErrInvalid, v.Offset(), v.Kind())
	}
	if err := e.readAttributes(v); err != nil {
		return e, err
	}
	ok := false
	if e.path, ok = pathOf(v.Get("path.utf-8")); !ok {
		e.path, ok = pathOf(v.Get("path"))
	}
	e.pad = hasAttr(e.attr, 'p') && !hasAttr(e.attr, 'l')
	for _, s := range e.path {
		e.pad = e.pad || strings.Contains(s, bitcometPad)
	}
	switch {
	case e.pad && !ok:
		e.path = padding(e.length).path
	case !ok:
		return e, fmt.Errorf("%w: a file at byte %d has no path of names", ErrInvalid, v.Offset())
	}
	return e, nil
}
