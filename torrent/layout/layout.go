// Package layout is the arithmetic of pieces, blocks and files of one torrent.
//
// It knows where a byte of the torrent lies: in which piece, block and file; which bytes are
// padding. It refuses to know contents, hashes and folders. Everybody who counts pieces uses
// it. Units are bytes; a Layout never changes and is safe to share. Start reading at Layout.
package layout

import (
	"errors"
	"fmt"
	"sort"
)

// BlockSize is the unit of requests, 16 KiB (BEP 3, BEP 52).
const BlockSize = 16 << 10

// Limits of what New accepts.
const (
	MaxPieceLength = 1 << 29 // 512 MiB; libtorrent refuses more as well
	MaxPieces      = 2 << 20 // 2 Mi pieces: a bitfield of 256 KiB
	MaxTotal       = 1 << 50 // 1 PiB, far from overflow in every sum
	MaxFiles       = 1 << 20 // files and pads of one torrent
)

// ErrLayout is wrapped by the errors of New.
var ErrLayout = errors.New("impossible layout")

// PieceIndex is a piece number that was checked against its Layout.
type PieceIndex uint32

// Block names one block: the n-th 16 KiB of a piece.
type Block struct {
	Piece PieceIndex
	Index uint32
}

// Begin returns the block's offset in its piece, as request messages carry it.
func (b Block) Begin() int { return int(b.Index) * BlockSize }

// File is one file of a torrent, in the order of its bytes.
type File struct {
	Path   string // slash-separated, cleaned, below the folder that holds the torrent; "" for padding
	Length int64
	Pad    bool // bytes are zeros that are hashed by v1 and never stored or sent (BEP 47)
}

// Extent is a run of bytes in one file.
type Extent struct {
	File   int   // index into Files
	Offset int64 // in the file
	Length int64
}

// Layout is the geometry of one torrent. v2 torrents have padding between their files, so that
// each begins with a piece; so v1, hybrid and v2 torrents are all one line of bytes.
type Layout struct {
	pieceLength int64
	total       int64
	files       []File
	starts      []int64            // starts[i] is where files[i] begins
	trailing    map[PieceIndex]int // padding at the end of a piece, where there is any
}

// New checks the sizes and returns the layout. Errors wrap ErrLayout and say which size is wrong.
func New(pieceLength int64, files []File) (*Layout, error) {
	if pieceLength < 1 || pieceLength > MaxPieceLength {
		return nil, fmt.Errorf("%w: piece length %d is not between 1 and %d", ErrLayout, pieceLength, MaxPieceLength)
	}
	if len(files) > MaxFiles {
		return nil, fmt.Errorf("%w: %d files, at most %d are possible", ErrLayout, len(files), MaxFiles)
	}
	l := &Layout{pieceLength: pieceLength, files: files, starts: make([]int64, len(files)), trailing: map[PieceIndex]int{}}
	for i, f := range files {
		if f.Length < 0 || f.Length > MaxTotal-l.total {
			return nil, fmt.Errorf("%w: file %d has length %d", ErrLayout, i, f.Length)
		}
		l.starts[i] = l.total
		l.total += f.Length
	}
	if n := (l.total + pieceLength - 1) / pieceLength; n > MaxPieces {
		return nil, fmt.Errorf("%w: %d pieces, at most %d are possible", ErrLayout, n, MaxPieces)
	}
	l.findTrailingPads()
	return l, nil
}

// findTrailingPads notes for each piece whose last byte is padding how much of its end is.
func (l *Layout) findTrailingPads() {
	for i, f := range l.files {
		if !f.Pad || f.Length == 0 {
			continue
		}
		first, end := l.FilePieces(i)
		for p := first; p < end; p++ {
			if l.Start(p)+int64(l.Length(p)) <= l.starts[i]+f.Length {
				l.trailing[p] = l.countTrailing(p)
			}
		}
	}
}

// countTrailing counts the padding at the end of p from its extents.
func (l *Layout) countTrailing(p PieceIndex) int {
	extents := l.Extents(nil, p, 0, l.Length(p))
	n := 0
	for i := len(extents) - 1; i >= 0 && l.files[extents[i].File].Pad; i-- {
		n += int(extents[i].Length)
	}
	return n
}

// PieceLength returns the nominal length of a piece.
func (l *Layout) PieceLength() int { return int(l.pieceLength) }

// Total returns all bytes, padding included.
func (l *Layout) Total() int64 { return l.total }

// DataTotal returns all bytes that are not padding.
func (l *Layout) DataTotal() int64 {
	n := l.total
	for _, f := range l.files {
		if f.Pad {
			n -= f.Length
		}
	}
	return n
}

// Pieces returns the number of pieces; 0 if every file is empty.
func (l *Layout) Pieces() int { return int((l.total + l.pieceLength - 1) / l.pieceLength) }

// Files returns the files in order. The caller must not change them.
func (l *Layout) Files() []File { return l.files }

// FileStart returns where file i begins in the torrent's bytes.
func (l *Layout) FileStart(i int) int64 { return l.starts[i] }

// Piece checks a number from outside.
func (l *Layout) Piece(n uint32) (PieceIndex, bool) {
	return PieceIndex(n), int64(n) < int64(l.Pieces())
}

// Start returns where a piece begins in the torrent's bytes.
func (l *Layout) Start(p PieceIndex) int64 { return int64(p) * l.pieceLength }

// Length returns the bytes of a piece as v1 hashes it, padding included.
func (l *Layout) Length(p PieceIndex) int {
	return int(min(l.pieceLength, l.total-int64(p)*l.pieceLength))
}

// DataLength returns the bytes of a piece without the padding at its end: what is requested and
// what v2 hashes. It may be 0 in a v1 torrent whose piece is all padding.
func (l *Layout) DataLength(p PieceIndex) int { return l.Length(p) - l.trailing[p] }

// Blocks returns how many blocks of a piece are to be requested.
func (l *Layout) Blocks(p PieceIndex) int {
	return (l.DataLength(p) + BlockSize - 1) / BlockSize
}

// BlockLength returns the bytes to request of a block: 16 KiB, or what is left of the piece.
func (l *Layout) BlockLength(b Block) int {
	return min(BlockSize, l.DataLength(b.Piece)-b.Begin())
}

// Block checks a request or piece message: begin on a block border, and exactly our block length.
func (l *Layout) Block(piece, begin, length uint32) (Block, bool) {
	p, ok := l.Piece(piece)
	if !ok || begin%BlockSize != 0 || int64(begin) >= int64(l.DataLength(p)) {
		return Block{}, false
	}
	b := Block{Piece: p, Index: begin / BlockSize}
	return b, int64(length) == int64(l.BlockLength(b))
}

// Extents appends the runs of files that hold length bytes of p from begin. Empty files are left
// out, padding is included.
func (l *Layout) Extents(dst []Extent, p PieceIndex, begin, length int) []Extent {
	at := l.Start(p) + int64(begin)
	left := min(int64(length), l.total-at)
	i := sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > at }) - 1
	for ; left > 0; i++ {
		n := min(left, l.starts[i]+l.files[i].Length-at)
		if n <= 0 {
			continue
		}
		dst = append(dst, Extent{File: i, Offset: at - l.starts[i], Length: n})
		at += n
		left -= n
	}
	return dst
}

// FilePieces returns the pieces that hold bytes of file i: first up to, not including, end.
// An empty file has none.
func (l *Layout) FilePieces(i int) (first, end PieceIndex) {
	start, n := l.starts[i], l.files[i].Length
	if n == 0 {
		return 0, 0
	}
	return PieceIndex(start / l.pieceLength), PieceIndex((start+n-1)/l.pieceLength) + 1
}
