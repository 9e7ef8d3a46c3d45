package torrent

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"groove/torrent/layout"
	"groove/torrent/merkle"
	"groove/torrent/metainfo"
)

// readSize is how much is read at once: whole blocks, few calls, and small enough that the bytes
// are still in the core's cache when they are hashed.
const readSize = 256 << 10

// hash hashes every piece of a plan. Pieces are handed out in order, so that a disk reads on.
func (t *sourceTree) hash(ctx context.Context, plan *metainfo.Plan, progress func(done, total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := plan.Layout()
	finished := make(chan int)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), l.Pieces()) {
		workers.Go(func() {
			h := pieceHasher{tree: t, plan: plan, layout: l, buf: make([]byte, readSize), sha1: sha1.New()}
			defer h.close()
			for ctx.Err() == nil {
				p, ok := l.Piece(uint32(next.Add(1) - 1))
				if !ok {
					return
				}
				if err := h.piece(ctx, p); err != nil {
					cancel(err)
					return
				}
				finished <- l.Length(p)
			}
		})
	}
	go func() {
		workers.Wait()
		close(finished)
	}()
	done := int64(0)
	for n := range finished {
		done += int64(n)
		progress(done, l.Total())
	}
	return context.Cause(ctx)
}

// pieceHasher is what one worker has.
type pieceHasher struct {
	tree    *sourceTree
	plan    *metainfo.Plan
	layout  *layout.Layout
	buf     []byte
	extents []layout.Extent
	file    *os.File // the last one, since the next piece mostly goes on in it
	index   int      // of file in the layout
	sha1    hash.Hash
	leaves  []merkle.Hash
}

func (h *pieceHasher) close() {
	if h.file != nil {
		h.file.Close()
		h.file = nil
	}
}

// piece hashes one piece. In a torrent with v2 hashes its bytes are of one file, and padding
// stands behind them, so reads of whole blocks keep to the borders of leaves.
func (h *pieceHasher) piece(ctx context.Context, p layout.PieceIndex) error {
	h.sha1.Reset()
	h.leaves = h.leaves[:0]
	h.extents = h.layout.Extents(h.extents[:0], p, 0, h.layout.Length(p))
	for _, e := range h.extents {
		if err := h.extent(ctx, e); err != nil {
			return err
		}
	}
	if h.plan.NeedsV1() {
		var sum [sha1.Size]byte
		h.sha1.Sum(sum[:0])
		h.plan.SetPieceV1(p, sum)
	}
	if h.plan.NeedsV2() {
		h.plan.SetPieceV2(p, h.leaves)
	}
	return nil
}

func (h *pieceHasher) extent(ctx context.Context, e layout.Extent) error {
	f := h.layout.Files()[e.File]
	if f.Pad {
		h.padding(e.Length)
		return nil
	}
	if err := h.open(e.File, f); err != nil {
		return err
	}
	for e.Length > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := h.buf[:min(int64(len(h.buf)), e.Length)]
		n, err := h.file.ReadAt(b, e.Offset)
		if n < len(b) {
			return readError(h.tree.source(f).name, err)
		}
		if h.plan.NeedsV1() {
			h.sha1.Write(b)
		}
		if h.plan.NeedsV2() {
			h.leaves = merkle.AppendLeaves(h.leaves, b)
		}
		e.Offset += int64(n)
		e.Length -= int64(n)
	}
	return nil
}

// padding hashes zeros, which only v1 knows.
func (h *pieceHasher) padding(n int64) {
	if !h.plan.NeedsV1() {
		return
	}
	clear(h.buf)
	for ; n > 0; n -= int64(len(h.buf)) {
		h.sha1.Write(h.buf[:min(int64(len(h.buf)), n)])
	}
}

func (h *pieceHasher) open(index int, f layout.File) (err error) {
	if h.file != nil && h.index == index {
		return nil
	}
	h.close()
	h.file, err = h.tree.open(h.tree.source(f))
	h.index = index
	return err
}

func readError(name string, err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%q became shorter while it was read; try again when it is finished", name)
	}
	return fmt.Errorf("read %q: %w", name, withoutPath(err))
}

// withoutPath takes the path out of an error whose sentence names the file already.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
