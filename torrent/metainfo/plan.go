package metainfo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"groove/torrent/layout"
	"groove/torrent/merkle"
)

// Format says which hashes a new torrent has.
type Format uint8

// The formats. Every client reads v1. A hybrid has both halves, v2 the newer alone; the docs say
// which clients these leave out.
const (
	V1 Format = iota
	Hybrid
	V2
)

var formatNames = [...]string{"v1", "hybrid", "v2"}

func (f Format) String() string { return formatNames[f] }

// ParseFormat reads "v1", "hybrid" or "v2".
func ParseFormat(s string) (Format, error) {
	i := slices.Index(formatNames[:], strings.ToLower(s))
	if i < 0 {
		return 0, fmt.Errorf("%q is none of the formats %s", s, strings.Join(formatNames[:], ", "))
	}
	return Format(i), nil
}

// SourceFile is one file to make a torrent of.
type SourceFile struct {
	Path   []string // below the torrent's name; empty for a torrent of a single file
	Length int64
}

// Options says how a torrent is made. Only Name must be given.
type Options struct {
	Name         string // of the file or folder
	Format       Format
	PieceLength  int64 // a power of two from 16 KiB to 256 MiB; 0 chooses by AutoPieceLength
	Private      bool
	Source       string
	Comment      string
	CreatedBy    string
	CreationDate int64 // seconds since 1970; 0 leaves it out, so that the same input gives the same bytes
	Trackers     [][]string
	WebSeeds     []string
}

// Plan is a torrent in the making: its geometry is fixed, its pieces are still to be hashed.
// Different pieces may be set at the same time.
type Plan struct {
	options Options
	single  bool
	list    []entry // in the order of their bytes, padding included
	layout  *layout.Layout
	v1      [][hashV1Size]byte
	v2      []merkle.Hash
}

// AutoPieceLength returns the piece length for so many bytes: 1,000 to 2,000 pieces where that is
// possible with a power of two from 16 KiB to 16 MiB.
func AutoPieceLength(total int64) int64 {
	n := int64(minPieceLength)
	for n < maxAutoLength && (total+n-1)/n > maxAutoPieces {
		n *= 2
	}
	return n
}

// NewPlan lays out a torrent. Files are ordered by the bytes of their path, element by element,
// which is the order of a v2 file tree, so that all formats agree. A hybrid has padding between
// its files. Errors wrap ErrPlan: names that receivers would have to change are refused, since
// the maker's own files could not be found under them.
func NewPlan(files []SourceFile, options Options) (*Plan, error) {
	p := &Plan{options: options}
	var total int64
	for _, f := range files {
		if f.Length < 0 || f.Length > layout.MaxTotal-total {
			return nil, fmt.Errorf("%w: %q has %d bytes", ErrPlan, strings.Join(f.Path, "/"), f.Length)
		}
		total += f.Length
	}
	if total == 0 {
		return nil, fmt.Errorf("%w: %q holds not a single byte", ErrPlan, options.Name)
	}
	if err := errors.Join(p.chooseLength(total), p.order(files), p.checkURLs()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if err := p.arrange(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	return p, nil
}

func (p *Plan) chooseLength(total int64) error {
	n := p.options.PieceLength
	if n == 0 {
		p.options.PieceLength = AutoPieceLength(total)
		return nil
	}
	if n < minPieceLength || n > maxPlanPieceLen || n&(n-1) != 0 {
		return fmt.Errorf("the piece length must be a power of two from 16 KiB to 256 MiB, not %d bytes", n)
	}
	return nil
}

func (p *Plan) checkURLs() error {
	var m Metainfo
	for _, tier := range p.options.Trackers {
		if err := m.SetTrackers([][]string{tier}); err != nil {
			return err
		}
	}
	return checkURLs(p.options.WebSeeds, "http", "https")
}

// order sorts the files and refuses names that are not the same everywhere.
func (p *Plan) order(files []SourceFile) error {
	p.single = len(files) == 1 && len(files[0].Path) == 0
	for _, f := range files {
		e := entry{path: f.Path, length: f.Length}
		if p.single {
			e.path = []string{p.options.Name}
		}
		p.list = append(p.list, e)
	}
	slices.SortFunc(p.list, func(a, b entry) int { return slices.Compare(a.path, b.path) })
	if err := checkName(p.options.Name); err != nil {
		return err
	}
	for _, e := range p.list {
		if err := checkPath(e.path); err != nil {
			return err
		}
	}
	if p.options.Format == V2 && !p.single && len(p.list) == 1 && slices.Equal(p.list[0].path, []string{p.options.Name}) {
		return fmt.Errorf("a folder that holds only a file of its own name, %q, looks like that file in a v2 torrent", p.options.Name)
	}
	return p.checkTwins()
}

func checkPath(path []string) error {
	if len(path) == 0 || len(path) > maxPathElements {
		return fmt.Errorf("%q lies in more than %d folders, or has no name", strings.Join(path, "/"), maxPathElements)
	}
	for _, name := range path {
		if err := checkName(name); err != nil {
			return err
		}
	}
	return nil
}

func checkName(name string) error {
	if clean, ok := cleanElement(name, onWindows); !ok || clean != name {
		return fmt.Errorf("the name %q is not possible on every computer; rename it, for example to %q", name, clean)
	}
	if strings.Contains(name, bitcometPad) {
		return fmt.Errorf("the name %q means padding to other programs; rename it", name)
	}
	return nil
}

// checkTwins refuses paths that some computers take for the same.
func (p *Plan) checkTwins() error {
	if p.single {
		return nil
	}
	paths := make([]string, len(p.list))
	for i, e := range p.list {
		paths[i] = strings.Join(e.path, "/")
	}
	before := slices.Clone(paths)
	number(paths, p.list)
	for i := range paths {
		if paths[i] != before[i] {
			return fmt.Errorf("another name is the same as %q on some computers, where upper and lower case or accents are one; rename it", before[i])
		}
	}
	return nil
}

// arrange adds the padding and fixes the layout.
func (p *Plan) arrange() error {
	switch p.options.Format {
	case V2:
		p.list = align(p.list, p.options.PieceLength)
	case Hybrid:
		p.list = withoutLastPad(align(p.list, p.options.PieceLength))
	}
	geometry := make([]layout.File, len(p.list))
	for i, e := range p.list {
		geometry[i] = layout.File{Length: e.length, Pad: e.pad}
		if !e.pad {
			geometry[i].Path = p.options.Name
			if !p.single {
				geometry[i].Path += "/" + strings.Join(e.path, "/")
			}
		}
	}
	var err error
	if p.layout, err = layout.New(p.options.PieceLength, geometry); err != nil {
		return err
	}
	if p.options.Format != V2 {
		p.v1 = make([][hashV1Size]byte, p.layout.Pieces())
	}
	if p.options.Format != V1 {
		p.v2 = make([]merkle.Hash, p.layout.Pieces())
	}
	return nil
}

// withoutLastPad takes away the padding behind the last file that has bytes: older clients count
// it as content, newer ones do not need it.
func withoutLastPad(list []entry) []entry {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].pad {
			return slices.Delete(list, i, i+1)
		}
		if list[i].length > 0 {
			break
		}
	}
	return list
}

// Layout returns the geometry that is to be hashed. Paths begin with the torrent's name.
func (p *Plan) Layout() *layout.Layout { return p.layout }

// NeedsV1 reports whether SetPieceV1 must be called for every piece.
func (p *Plan) NeedsV1() bool { return p.v1 != nil }

// NeedsV2 reports whether SetPieceV2 must be called for every piece.
func (p *Plan) NeedsV2() bool { return p.v2 != nil }

// SetPieceV1 takes the SHA-1 of a piece, padding included as zeros.
func (p *Plan) SetPieceV1(piece layout.PieceIndex, hash [hashV1Size]byte) { p.v1[piece] = hash }

// SetPieceV2 takes the leaves of a piece, padding left out: one for each of Layout().Blocks.
func (p *Plan) SetPieceV2(piece layout.PieceIndex, leaves []merkle.Hash) {
	var room [1]layout.Extent
	file := p.layout.Extents(room[:0], piece, 0, 1)[0].File
	if first, end := p.layout.FilePieces(file); end-first == 1 {
		p.v2[piece] = merkle.Root(leaves)
		return
	}
	height, _ := merkle.PieceHeight(p.options.PieceLength)
	p.v2[piece] = merkle.Subtree(leaves, 0, height)
}
