// Package metainfo reads, checks, edits and makes torrent files and magnet links (BEP 3, 5, 9,
// 12, 19, 27, 38, 47, 52, 53): v1, v2 and hybrids.
//
// It knows what a torrent says and whether that is consistent and safe; it refuses to know disks,
// peers and trackers. Sizes are bytes. What Parse returns may be shared between readers; methods
// that begin with Set need an owner. The bytes that are parsed are kept and must not change.
// Start reading at Parse, then ParseInfo; names are made safe in clean.go.
package metainfo

import (
	"fmt"

	"groove/torrent/bencode"
	"groove/torrent/infohash"
)

// Metainfo is a torrent file: the info dictionary and what stands around it, which is not part of
// the torrent's ID and may be edited.
type Metainfo struct {
	Info         *Info
	Trackers     [][]string // tiers (BEP 12), trimmed, each URL once
	WebSeeds     []string   // BEP 19; of a folder they end in a slash
	Nodes        []string   // host:port of DHT nodes (BEP 5)
	Comment      string     // UTF-8 without control characters, as CreatedBy
	CreatedBy    string
	CreationDate int64         // seconds since 1970; 0 if not given
	Similar      []infohash.ID // BEP 38, of the info dictionary too
	Collections  []string      // BEP 38, of the info dictionary too
	Flaws        []string      // what is odd about the file but does no harm, for people to read

	extra []pair // keys that mean nothing here, in canonical encoding
}

type pair struct {
	key     string
	encoded []byte
}

// Parse reads a torrent file. Errors wrap ErrInvalid, or ErrHybrid where the halves of a hybrid
// disagree, and say why. Piece layers are verified against the roots of their files. Layers that
// are missing are no error: ask Info.MissingLayers.
func Parse(data []byte) (*Metainfo, error) {
	root, flaws, err := bencode.Lenient(data)
	if err != nil {
		return nil, fmt.Errorf("%w: this is no torrent file: %w", ErrInvalid, err)
	}
	if root.Kind() != bencode.Dict {
		return nil, fmt.Errorf("%w: the file holds %v and not a dictionary", ErrInvalid, root.Kind())
	}
	if err := uniqueKeys(root); err != nil {
		return nil, err
	}
	v := root.Get("info")
	if v.Kind() != bencode.Dict {
		return nil, fmt.Errorf("%w: the info dictionary is missing", ErrInvalid)
	}
	info, err := readInfo(v)
	if err != nil {
		return nil, err
	}
	m := &Metainfo{Info: info}
	for _, f := range flaws {
		m.Flaws = append(m.Flaws, f.String())
	}
	if err := m.readLayers(root.Get("piece layers")); err != nil {
		return nil, err
	}
	m.readAround(root)
	return m, nil
}

// uniqueKeys refuses a dictionary that says something twice: readers differ in which they believe.
func uniqueKeys(dict bencode.Value) error {
	seen := map[string]bool{}
	for key, v := range dict.Pairs() {
		if seen[key] {
			return fmt.Errorf("%w: the key %q stands twice, again before byte %d", ErrInvalid, key, v.Offset())
		}
		seen[key] = true
	}
	return nil
}
