package metainfo

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"groove/torrent/bencode"
	"groove/torrent/infohash"
	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// Info is a torrent's info dictionary: what its ID stands for.
type Info struct {
	ID           infohash.ID
	Name         string // cleaned: the file, or the folder that holds the files
	RawName      string // as the torrent says it, for web seeds
	Layout       *layout.Layout
	Files        []File // parallel to Layout.Files(), pads included
	SingleFile   bool   // there is no folder: the one file is called Name
	Private      bool   // BEP 27
	Source       string
	HasV1, HasV2 bool
	Raw          []byte // the exact dictionary, which the ID is the hash of

	similar     []infohash.ID
	collections []string
	pieces      []byte          // v1 hashes
	layers      [][]merkle.Hash // of each file; nil where unknown or not needed
}

// File is one file of a torrent. Its bytes lie where Layout says.
type File struct {
	// Path is cleaned and unique, with slashes. It begins with the torrent's Name, and is the
	// Name in a torrent of a single file. Pads have one too, for show.
	Path    string
	RawPath []string // below the torrent's RawName, as the torrent says it; nil for a single file
	Length  int64
	Pad     bool   // zeros that are neither stored nor sent (BEP 47)
	Attr    string // letters of BEP 47: x executable, h hidden, l symlink, p pad

	// Symlink is where a symlink points, cleaned like Path. Links are shown but never created:
	// their Length is 0, and in Layout they are padding without a path.
	Symlink string

	Root    merkle.Hash // BEP 52
	HasRoot bool        // false in v1, for pads and for files without bytes
}

// IsSymlink reports whether the file is a symlink, also one without a target.
func (f File) IsSymlink() bool { return hasAttr(f.Attr, 'l') }

// ParseInfo reads an info dictionary alone, as peers send it (BEP 9). Errors wrap ErrInvalid, or
// ErrHybrid too. The caller compares ID with the one that was asked for.
func ParseInfo(raw []byte) (*Info, error) {
	v, flaws, err := bencode.Lenient(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for _, f := range flaws {
		if f.Kind == bencode.TrailingData {
			return nil, fmt.Errorf("%w: the info dictionary has %v", ErrInvalid, f)
		}
	}
	if v.Kind() != bencode.Dict {
		return nil, fmt.Errorf("%w: the info dictionary is %v", ErrInvalid, v.Kind())
	}
	return readInfo(v)
}

func readInfo(v bencode.Value) (*Info, error) {
	if err := uniqueKeys(v); err != nil {
		return nil, err
	}
	info := &Info{Raw: v.Raw()}
	pieceLength, err := info.readVersion(v)
	if err != nil {
		return nil, err
	}
	list, err := info.readFiles(v, pieceLength)
	if err != nil {
		return nil, err
	}
	info.setID()
	if err := info.readName(v); err != nil {
		return nil, err
	}
	if err := info.readPieces(v, list, pieceLength); err != nil {
		return nil, err
	}
	if err := info.arrange(list, pieceLength); err != nil {
		return nil, err
	}
	info.readRest(v)
	return info, nil
}

// readVersion sets HasV2 and returns the piece length.
func (info *Info) readVersion(v bencode.Value) (pieceLength int64, err error) {
	version, _ := v.Get("meta version").Int()
	switch {
	case version > 2:
		return 0, fmt.Errorf("%w: its meta version is %d, and only 1 and 2 are known", ErrInvalid, version)
	case version == 2:
		info.HasV2 = true
		if _, err := bencode.Strict(v.Raw()); err != nil {
			return 0, fmt.Errorf("%w: the info dictionary of a v2 torrent is not canonical: %w", ErrInvalid, err)
		}
	case v.Get("file tree").Kind() == bencode.Dict:
		return 0, fmt.Errorf("%w: it has a file tree, but its meta version is not 2", ErrInvalid)
	}
	pieceLength, ok := v.Get("piece length").Int()
	if !ok || pieceLength < 1 || pieceLength > layout.MaxPieceLength {
		return 0, fmt.Errorf("%w: the piece length is missing or not between 1 and %d", ErrInvalid, layout.MaxPieceLength)
	}
	if _, ok := merkle.PieceHeight(pieceLength); info.HasV2 && !ok {
		return 0, fmt.Errorf("%w: the piece length of a v2 torrent must be a power of two of at least 16 KiB, not %d", ErrInvalid, pieceLength)
	}
	return pieceLength, nil
}

// readFiles reads the file list of each half, compares them, and sets HasV1 and SingleFile.
func (info *Info) readFiles(v bencode.Value, pieceLength int64) ([]entry, error) {
	info.HasV1 = !info.HasV2 || v.Get("files").Kind() == bencode.List || v.Get("length").Kind() != bencode.Absent
	var v1, v2 []entry
	var err error
	if info.HasV1 {
		if v1, info.SingleFile, err = readV1(v); err != nil {
			return nil, err
		}
	}
	if info.HasV2 {
		if v2, err = readV2(v.Get("file tree")); err != nil {
			return nil, err
		}
	}
	switch {
	case !info.HasV2:
		return v1, nil
	case !info.HasV1:
		name, _ := rawName(v)
		info.SingleFile = len(v2) == 1 && len(v2[0].path) == 1 && v2[0].path[0] == name
		return align(v2, pieceLength), nil
	}
	name, _ := rawName(v)
	return joinHalves(v1, v2, pieceLength, info.SingleFile, name)
}

func (info *Info) setID() {
	v1, v2 := infohash.V1(sha1.Sum(info.Raw)), infohash.V2(sha256.Sum256(info.Raw))
	switch {
	case info.HasV1 && info.HasV2:
		info.ID = infohash.Hybrid(v1, v2)
	case info.HasV1:
		info.ID = infohash.FromV1(v1)
	default:
		info.ID = infohash.FromV2(v2)
	}
}

// readName sets the names. One of which nothing is left is replaced by the info-hash.
func (info *Info) readName(v bencode.Value) error {
	raw, ok := rawName(v)
	if !ok {
		return fmt.Errorf("%w: it has no name", ErrInvalid)
	}
	info.RawName = raw
	if info.Name, ok = cleanElement(raw, onWindows); ok {
		return nil
	}
	if h, ok := info.ID.V1(); ok {
		info.Name = h.String()
	} else {
		h, _ := info.ID.V2()
		info.Name = hex.EncodeToString(h[:])
	}
	return nil
}

// arrange sets Files and Layout.
func (info *Info) arrange(list []entry, pieceLength int64) error {
	if len(list) > layout.MaxFiles {
		return fmt.Errorf("%w: it has %d files, at most %d are possible", ErrInvalid, len(list), layout.MaxFiles)
	}
	paths := cleanPaths(info.Name, info.SingleFile, list, onWindows)
	info.Files = make([]File, len(list))
	geometry := make([]layout.File, len(list))
	for i, e := range list {
		f := File{Path: paths[i], RawPath: e.path, Length: e.length, Pad: e.pad, Attr: e.attr, Root: e.root, HasRoot: e.hasRoot}
		if info.SingleFile && !e.pad {
			f.RawPath = nil
		}
		if len(e.target) > 0 {
			f.Symlink = joinClean(info.Name, e.target, onWindows)
		}
		info.Files[i] = f
		geometry[i] = layout.File{Path: f.Path, Length: f.Length}
		if f.Pad || f.IsSymlink() {
			geometry[i] = layout.File{Length: f.Length, Pad: true}
		}
	}
	var err error
	if info.Layout, err = layout.New(pieceLength, geometry); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	info.layers = make([][]merkle.Hash, len(list))
	return nil
}

// readPieces takes the v1 hashes. Their number is checked before a layout is made, so that a few
// bytes cannot claim millions of pieces.
func (info *Info) readPieces(v bencode.Value, list []entry, pieceLength int64) error {
	var total int64
	for _, e := range list {
		if e.length > layout.MaxTotal-total {
			return fmt.Errorf("%w: its files are larger than %d bytes", ErrInvalid, int64(layout.MaxTotal))
		}
		total += e.length
	}
	if total == 0 {
		return fmt.Errorf("%w: it holds not a single byte", ErrInvalid)
	}
	if !info.HasV1 {
		return nil
	}
	pieces, ok := v.Get("pieces").Bytes()
	if !ok {
		return fmt.Errorf("%w: the piece hashes are missing", ErrInvalid)
	}
	n := (total + pieceLength - 1) / pieceLength
	if have := len(pieces) / hashV1Size; int64(have) != n || len(pieces)%hashV1Size != 0 {
		return fmt.Errorf("%w: it has %d pieces, but %d bytes of piece hashes, which is not 20 for each", ErrInvalid, n, len(pieces))
	}
	info.pieces = pieces
	return nil
}

func (info *Info) readRest(v bencode.Value) {
	private, _ := v.Get("private").Int()
	info.Private = private != 0
	source, _ := v.Get("source").Str()
	info.Source = cleanText(source)
	info.similar = readSimilar(nil, v.Get("similar"))
	info.collections = readTexts(nil, v.Get("collections"))
}

// PieceHashV1 returns the SHA-1 of a piece, pads included, and false in a torrent without v1.
func (info *Info) PieceHashV1(p layout.PieceIndex) ([hashV1Size]byte, bool) {
	at := int(p) * hashV1Size
	if at+hashV1Size > len(info.pieces) {
		return [hashV1Size]byte{}, false
	}
	return [hashV1Size]byte(info.pieces[at:]), true
}
