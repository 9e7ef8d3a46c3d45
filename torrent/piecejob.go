package torrent

import (
	"groove/internal/clock"
	"groove/torrent/disk"
	"groove/torrent/layout"
	"groove/torrent/merkle"
	"groove/torrent/metainfo"
	"groove/torrent/swarm"
)

// pieceJob is work of one begun piece for the disk's goroutines: hashing a run, or storing. The swarm
// gives out one at a time for each piece, so its bytes and its hash have one user.
type pieceJob struct {
	t      *Torrent
	effect swarm.Effect
	bytes  []byte
	hasher *disk.Hasher
	fresh  bool // the hasher does not know the piece yet
	expect disk.Expect
}

// pieceJob prepares the work of an effect; the lock is held.
func (t *Torrent) pieceJob(e *swarm.Effect) *pieceJob {
	j := &pieceJob{t: t, effect: *e, bytes: t.memory.bytesOf(e.Buffer)}
	if e.Kind != swarm.StoreBlock {
		j.hasher, j.fresh = t.memory.hasherOf(e.Buffer)
		j.expect = expect(t.info.Load(), e.Piece)
	}
	t.jobs.Add(1)
	return j
}

// Do runs in a goroutine of the disk.
func (j *pieceJob) Do() {
	t, e := j.t, &j.effect
	defer t.jobs.Done()
	info := t.info.Load()
	var answer input
	switch e.Kind {
	case swarm.Hash:
		j.begin(info)
		j.hasher.Prefix(j.bytes[e.Begin : e.Begin+e.Length])
		answer = func(now clock.Time, out []swarm.Effect) []swarm.Effect { return t.swarm.Hashed(now, e.Buffer, out) }
	case swarm.StoreBlock:
		err := t.write(j.bytes, info.Layout.Start(e.Piece)+int64(e.Begin))
		answer = func(now clock.Time, out []swarm.Effect) []swarm.Effect {
			return t.swarm.BlockStored(now, e.Buffer, err, out)
		}
	case swarm.Store, swarm.Verify:
		verdict, blocks, err := j.judge(info)
		answer = func(now clock.Time, out []swarm.Effect) []swarm.Effect {
			return t.swarm.Stored(now, e.Buffer, verdict, blocks, err, out)
		}
	}
	t.do(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		t.work.drain()
		return answer(now, out)
	})
}

// begin resets a hasher that was just given out.
func (j *pieceJob) begin(info *metainfo.Info) {
	if j.fresh {
		j.hasher.Reset(j.expect, info.Layout.DataLength(j.effect.Piece))
	}
}

// judge finishes the hash of a piece, and writes it if it is right and not on disk yet.
func (j *pieceJob) judge(info *metainfo.Info) (swarm.Verdict, []merkle.Hash, error) {
	e, l := &j.effect, info.Layout
	start := l.Start(e.Piece)
	j.begin(info)
	data := j.bytes
	if e.Kind == swarm.Verify {
		data = make([]byte, l.DataLength(e.Piece))
		if err := j.t.storage.ReadAt(data, start); err != nil {
			return swarm.DiskFailed, nil, err
		}
	}
	j.hasher.Prefix(data[j.hasher.Hashed():])
	verdict := swarm.Corrupt
	switch j.hasher.Finish(l.Length(e.Piece) - l.DataLength(e.Piece)) {
	case disk.Inconsistent:
		return swarm.Inconsistent, nil, nil
	case disk.Right:
		verdict = swarm.Good
		if e.Kind == swarm.Store {
			if err := j.t.write(data, start); err != nil {
				return swarm.DiskFailed, nil, err
			}
		}
	}
	if verdict == swarm.Good && !e.Blocks {
		return verdict, nil, nil
	}
	return verdict, disk.HashBlocks(nil, data), nil
}

// expect says what a piece hashes to. A hybrid's piece has both hashes once its layer is known.
func expect(info *metainfo.Info, p layout.PieceIndex) disk.Expect {
	var e disk.Expect
	if h, ok := info.PieceHashV1(p); ok {
		e.V1, e.HasV1 = h, true
	}
	if h, ok := info.PieceHashV2(p); ok {
		e.V2, e.HasV2 = h, true
		e.Height = disk.LeafHeight(info.Layout.PieceLength(), fileOf(info, p).Length)
	}
	return e
}

// fileOf returns the file that a v2 piece belongs to: no piece has bytes of two.
func fileOf(info *metainfo.Info, p layout.PieceIndex) metainfo.File {
	var room [2]layout.Extent
	return info.Files[info.Layout.Extents(room[:0], p, 0, 1)[0].File]
}

// workQueue submits a torrent's jobs in order. What the workers' queue cannot take waits here: at
// most one job for each begun piece and each landed block, which the swarm bounds.
type workQueue struct {
	workers *disk.Workers
	backlog []disk.Job
}

func (w *workQueue) submit(j disk.Job) {
	if len(w.backlog) > 0 || !w.workers.Submit(j) {
		w.backlog = append(w.backlog, j)
	}
}

// drain submits what waited; it is called whenever a job has ended.
func (w *workQueue) drain() {
	for len(w.backlog) > 0 && w.workers.Submit(w.backlog[0]) {
		w.backlog[0] = nil
		w.backlog = w.backlog[1:]
	}
}
