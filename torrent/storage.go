package torrent

import (
	"errors"
	"fmt"
	"net/netip"

	"groove/internal/bitset"
	"groove/torrent/disk"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
	"groove/torrent/swarm"
)

// Storage keeps a torrent's bytes. Offsets count over all files in order, padding included. ReadAt is
// called by many goroutines, WriteAt by a few, for different pieces. What was never written reads
// as an error, best one that wraps disk.ErrMissing.
type Storage interface {
	ReadAt(p []byte, off int64) error
	WriteAt(p []byte, off int64) error
	Sync() error // what was written is durable when it returns
	Close() error
}

var _ Storage = (*disk.Store)(nil)

// verified is what a check found.
type verified struct {
	pieces  *bitset.Set
	partial []swarm.Partial
}

// openFiles opens record and files. It looks at names and sizes only; checkFiles reads.
func (t *Torrent) openFiles(info *metainfo.Info) error {
	err := t.choose(info)
	if err != nil {
		return err
	}
	if open := t.options.Storage; open != nil {
		if t.storage, err = open(info); err != nil {
			return fmt.Errorf("open the storage of %q: %w", info.Name, err)
		}
		t.work.workers = t.session.plain()
		return nil
	}
	if err := t.lockRecord(); err != nil {
		return err
	}
	return t.openStore(info)
}

// openStore opens the files below Dir, and checks that what is missing will fit.
func (t *Torrent) openStore(info *metainfo.Info) error {
	o := disk.Options{
		Dir: t.options.Dir, Layout: info.Layout, ReadOnly: t.options.Seed, Record: t.record,
		Wanted: t.wanted.wants, Logger: t.session.log,
		BeforeWrite: func(s *disk.Store) error {
			if t.slot == nil {
				return nil
			}
			return t.slot.Intent(s, t.recordNow())
		},
	}
	if t.slot != nil {
		o.PartFile = t.slot.PartFile()
	}
	store, err := disk.Open(o)
	if err != nil {
		return err
	}
	if err := t.fits(store, info); err != nil {
		store.Close()
		return err
	}
	workers, err := t.session.devices.For(t.options.Dir)
	if err != nil {
		store.Close()
		return err
	}
	t.store, t.storage, t.work.workers = store, store, workers
	return nil
}

// fits compares the free space with what is still to be written.
func (t *Torrent) fits(store *disk.Store, info *metainfo.Info) error {
	if t.options.Seed {
		return nil
	}
	var need int64
	stamps := store.Stamps()
	for i, f := range info.Layout.Files() {
		if !f.Pad && t.wanted.wants(i) {
			need += max(f.Length-max(stamps[i].Size, 0), 0)
		}
	}
	free, err := disk.FreeSpace(t.options.Dir)
	if err != nil || free >= need {
		return err
	}
	return fmt.Errorf("get %q into %q: %w: it needs %d bytes, %d are free", info.Name, t.options.Dir, ErrNoSpace, need, free)
}

// lockRecord takes the torrent's place among the resume records, and reads what an earlier run left.
func (t *Torrent) lockRecord() error {
	if t.session.cfg.StateDir == "" {
		return nil
	}
	if t.slot != nil && t.slotID == t.ID() {
		return nil
	}
	t.releaseSlot() // a magnet's, which is known by more hashes now
	slot, err := disk.Acquire(t.session.cfg.StateDir, t.ID(), t.options.Dir, t.session.cfg.Owner)
	if errors.Is(err, disk.ErrLocked) {
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	if err != nil {
		return err
	}
	t.slot, t.slotID = slot, t.ID()
	t.record, err = slot.Load()
	if err == nil {
		for _, p := range t.record.Peers {
			if a, err := netip.ParseAddrPort(p); err == nil {
				t.former = append(t.former, a)
			}
		}
		return nil
	}
	t.record = nil
	if !errors.Is(err, disk.ErrNoRecord) {
		t.session.log.Warn("the resume record cannot be used; files are checked anew", "torrent", t.ID(), "err", err)
	}
	return nil
}

func (t *Torrent) releaseSlot() {
	if t.slot != nil {
		t.slot.Close()
		t.slot, t.record = nil, nil
	}
}

// checkFiles finds out what is good of the files, then lets the torrent run.
func (t *Torrent) checkFiles() {
	have, states, err := t.verify()
	if err == nil {
		t.renewRecord(have.pieces)
		err = t.admit(states, have)
	}
	if err != nil {
		if t.ctx.Err() == nil {
			t.fail(err)
		}
		return
	}
	t.ready(have)
}

// verify believes the record where nothing speaks against it, and reads the rest. It also returns
// what it saw of each piece.
func (t *Torrent) verify() (*verified, []disk.State, error) {
	l := t.info.Load().Layout
	v := &verified{pieces: bitset.New(l.Pieces())}
	states := make([]disk.State, l.Pieces())
	if t.options.Seed && t.options.Trust {
		v.pieces.Fill()
		return v, states, nil
	}
	recheck := bitset.New(l.Pieces())
	recheck.Fill()
	if t.record != nil && t.store != nil {
		plan := disk.Compare(t.record, t.store.Stamps(), l, newSource())
		sample, err := t.check(plan.Sample)
		if err != nil {
			return nil, nil, err
		}
		if sample.Good.Count() == plan.Sample.Count() {
			v.pieces, recheck = plan.Claimed, plan.Recheck
			v.partial = partials(plan.Partial, l)
		}
	}
	report, err := t.check(recheck)
	if err != nil {
		return nil, nil, err
	}
	for i := range states {
		if report.Good.Has(i) {
			v.pieces.Add(i)
		}
		states[i] = report.States[i]
		if v.pieces.Has(i) {
			states[i] = disk.Good
		}
		if states[i] == disk.Contradictory {
			return nil, nil, fmt.Errorf("check piece %d of %q: %w", i, t.info.Load().Name, ErrInconsistent)
		}
	}
	if v.pieces.Count() == 0 && report.Err != nil {
		return nil, nil, report.Err
	}
	return v, states, nil
}

// admit decides whether the torrent may go on with the files as they are.
func (t *Torrent) admit(states []disk.State, v *verified) error {
	name := t.info.Load().Name
	switch {
	case t.options.Seed && v.pieces.Count() == 0 && len(states) > 0:
		return fmt.Errorf("seed %q from %q: %w", name, t.options.Dir, ErrDataMissing)
	case t.options.Seed || t.store == nil:
		return nil
	}
	if err := t.store.Admit(states, t.options.Overwrite); err != nil {
		if errors.Is(err, disk.ErrForeign) {
			return fmt.Errorf("get %q into %q: %w: %w", name, t.options.Dir, ErrWouldOverwrite, err)
		}
		return err
	}
	return t.store.Start(v.pieces)
}

// check hashes some pieces, showing its progress in Stats.
func (t *Torrent) check(pieces *bitset.Set) (*disk.Report, error) {
	info := t.info.Load()
	return disk.Check(t.ctx, info.Layout, t.storage, disk.CheckOptions{
		Expect: func(p layout.PieceIndex) disk.Expect { return expect(info, p) },
		Pieces: pieces,
		Progress: func(done, total int64) {
			t.mu.Lock()
			t.checked = float64(done) / float64(max(total, 1))
			t.mu.Unlock()
		},
	})
}

// partials returns the unfinished pieces of a record as the swarm wants them.
func partials(claimed []disk.Partial, l *layout.Layout) []swarm.Partial {
	var list []swarm.Partial
	for _, p := range claimed {
		if blocks, err := bitset.FromBytes(p.Blocks, l.Blocks(p.Piece)); err == nil {
			list = append(list, swarm.Partial{Piece: p.Piece, Blocks: blocks})
		}
	}
	return list
}

// renewRecord makes a new record of what is so now. A record is never changed once others can see it.
func (t *Torrent) renewRecord(have *bitset.Set) *disk.Record {
	info := t.info.Load()
	r := &disk.Record{Name: info.Name, Pieces: info.Layout.Pieces(), Verified: have.Clone()}
	if t.options.Magnet != nil {
		r.Torrent = t.Metainfo().Encode()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.swarm.Partials() {
		r.Partial = append(r.Partial, disk.Partial{Piece: p.Piece, Blocks: p.Blocks.AppendBytes(nil)})
	}
	for _, a := range t.swarm.Listeners() {
		r.Peers = append(r.Peers, a.String())
	}
	t.record = r
	return r
}

// recordNow returns the present record.
func (t *Torrent) recordNow() *disk.Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.record
}

// closeFiles closes files and record; forget removes the record.
func (t *Torrent) closeFiles(forget bool) error {
	var errs []error
	if t.storage != nil {
		errs = append(errs, t.storage.Close())
	}
	if t.slot != nil {
		if forget {
			errs = append(errs, t.slot.Remove())
		}
		errs = append(errs, t.slot.Close())
	}
	return errors.Join(errs...)
}

// readSpan reads bytes to be sent. Files that another program changed stop the torrent: what is
// served must be what was checked.
func (t *Torrent) readSpan(off int64, buf []byte) error {
	t.served.Store(true)
	err := t.storage.ReadAt(buf, off)
	if err != nil {
		t.halt(err)
	}
	return err
}

// watchFiles stops a seed that has served anything lately if somebody else changed a file of it.
func (t *Torrent) watchFiles() {
	t.mu.Lock()
	idle := !t.complete || t.closed || t.state == Failed
	t.mu.Unlock()
	if idle || t.store == nil || !t.served.Swap(false) {
		return
	}
	if changed := t.store.Changed(); len(changed) > 0 {
		path := t.info.Load().Layout.Files()[changed[0]].Path
		t.halt(fmt.Errorf("serve %q: %w", path, ErrChanged))
	}
}
