package disk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"

	"groove/internal/bitset"
	"groove/torrent/infohash"
	"groove/torrent/layout"
)

// Record is what is remembered of one torrent in one folder. It holds announce keys within the
// tracker URLs: it is for its owner's eyes.
type Record struct {
	ID   infohash.ID // set by the Slot, as is Dir
	Dir  string      // absolute
	Name string

	// Generation counts the times that the record was written. Set by the Slot.
	Generation uint64

	// Clean says that nothing was changed on disk since the record was written.
	Clean bool

	Pieces   int
	Verified *bitset.Set // pieces that are right and durable, of Pieces; nil: none
	Files    []FileStamp // when the record was written, in the order of the layout; set by the Slot
	Partial  []Partial
	Foreign  []int // files that were there before, and are not ours to change; set by the Slot
	Wanted   []int // files that are wanted; nil: all

	Torrent  []byte // the torrent file, for a torrent that came by magnet
	Trackers [][]string
	Peers    []string // host:port
}

// Partial says which blocks of an unfinished piece are at their place on disk. They are not
// verified.
type Partial struct {
	Piece  layout.PieceIndex `json:"piece"`
	Blocks []byte            `json:"blocks"` // as a bitfield message packs bits
}

// recordVersion changes when a reader of the old form would go wrong.
const recordVersion = 1

// recordFile is a Record as JSON.
type recordFile struct {
	Version    int         `json:"version"`
	Generation uint64      `json:"generation"`
	ID         string      `json:"id"`
	Dir        string      `json:"dir"`
	Name       string      `json:"name"`
	Clean      bool        `json:"clean"`
	Pieces     int         `json:"pieces"`
	Verified   []byte      `json:"verified,omitempty"`
	Files      []FileStamp `json:"files,omitempty"`
	Partial    []Partial   `json:"partial,omitempty"`
	Foreign    []int       `json:"foreign,omitempty"`
	Wanted     []int       `json:"wanted"`
	Torrent    []byte      `json:"torrent,omitempty"`
	Trackers   [][]string  `json:"trackers,omitempty"`
	Peers      []string    `json:"peers,omitempty"`
}

// The first line guards the JSON below it.
const recordHead = "groove-resume crc32c=%08x length=%d\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the record's file.
func (r *Record) encode() ([]byte, error) {
	f := recordFile{
		Version: recordVersion, Generation: r.Generation, ID: r.ID.String(), Dir: r.Dir, Name: r.Name,
		Clean: r.Clean, Pieces: r.Pieces, Files: r.Files, Partial: r.Partial, Foreign: r.Foreign,
		Wanted: r.Wanted, Torrent: r.Torrent, Trackers: r.Trackers, Peers: r.Peers,
	}
	if r.Verified != nil {
		if r.Verified.Len() != r.Pieces {
			return nil, fmt.Errorf("write a record for %d pieces: %d are verified or not", r.Pieces, r.Verified.Len())
		}
		f.Verified = r.Verified.AppendBytes(nil)
	}
	body, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	head := fmt.Appendf(nil, recordHead, crc32.Checksum(body, castagnoli), len(body))
	return append(head, body...), nil
}

// decodeRecord reads a record's file. Errors wrap ErrBadRecord.
func decodeRecord(b []byte) (*Record, error) {
	line, body, ok := bytes.Cut(b, []byte("\n"))
	var sum uint32
	var length int
	if _, err := fmt.Sscanf(string(line[:min(len(line), 80)])+"\n", recordHead, &sum, &length); !ok || err != nil {
		return nil, fmt.Errorf("%w: its first line is not one of ours", ErrBadRecord)
	}
	if length != len(body) || sum != crc32.Checksum(body, castagnoli) {
		return nil, fmt.Errorf("%w: its checksum is wrong", ErrBadRecord)
	}
	var f recordFile
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadRecord, err)
	}
	if f.Version != recordVersion {
		return nil, fmt.Errorf("%w: version %d, only %d is known", ErrBadRecord, f.Version, recordVersion)
	}
	return f.record()
}

// record checks what a careless editor could have broken.
func (f *recordFile) record() (*Record, error) {
	id, err := infohash.Parse(f.ID)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadRecord, err)
	}
	if f.Pieces < 0 || f.Pieces > layout.MaxPieces || len(f.Files) > layout.MaxFiles {
		return nil, fmt.Errorf("%w: %d pieces in %d files", ErrBadRecord, f.Pieces, len(f.Files))
	}
	r := &Record{
		ID: id, Dir: f.Dir, Name: f.Name, Generation: f.Generation, Clean: f.Clean, Pieces: f.Pieces,
		Files: f.Files, Partial: f.Partial, Foreign: f.Foreign, Wanted: f.Wanted,
		Torrent: f.Torrent, Trackers: f.Trackers, Peers: f.Peers,
	}
	if f.Verified != nil {
		if r.Verified, err = bitset.FromBytes(f.Verified, f.Pieces); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBadRecord, err)
		}
	}
	for _, p := range f.Partial {
		if int64(p.Piece) >= int64(f.Pieces) {
			return nil, fmt.Errorf("%w: piece %d of %d", ErrBadRecord, p.Piece, f.Pieces)
		}
	}
	return r, nil
}
