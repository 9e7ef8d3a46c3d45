package torrent

import (
	"context"
	"net/netip"
	"time"

	"groove/internal/clock"
	"groove/torrent/announce"
	"groove/torrent/swarm"
	"groove/torrent/trackers"
)

// stopTimeout is how long a tracker may take to hear that we leave.
const stopTimeout = 5 * time.Second

// wantNormal and wantNone are how many peers we wish for.
const (
	wantNormal = 100
	wantNone   = 0
)

// announcer carries out what the machine of tiers wants. The torrent's lock guards it.
type announcer struct {
	tiers  *announce.Tiers
	calls  []announce.Call
	timer  *time.Timer
	errs   map[string]error // of the last announce, by URL; looked up, never walked
	on     bool
	asking context.Context // of the calls under way; ends with leave
	leave  context.CancelFunc
}

// init makes the machine; it rests until startAnnouncing.
func (a *announcer) init(t *Torrent, o AddOptions) {
	tiers := o.Trackers
	if tiers == nil {
		if o.Metainfo != nil {
			tiers = o.Metainfo.Trackers
		} else {
			for _, u := range o.Magnet.Trackers {
				tiers = append(tiers, []string{u})
			}
		}
	}
	private := o.Metainfo != nil && o.Metainfo.Info.Private
	a.tiers = announce.NewTiers(t.ID().Shorts(), tiers, private, newSource())
	a.errs = map[string]error{}
	a.timer = time.AfterFunc(time.Hour, t.announceTick)
	a.timer.Stop()
}

// startAnnouncing tells the trackers that we are here; the lock is held.
func (t *Torrent) startAnnouncing() {
	if t.announcer.on || t.closed || t.paused {
		return
	}
	t.announcer.on = true
	t.asking, t.leave = context.WithCancel(t.ctx)
	now := t.session.clock.Now()
	t.tiers.Want(now, nil, wantNormal)
	t.carryOut(t.tiers.Start(now, t.calls[:0]))
}

// announceTick runs when the announcer's timer fires.
func (t *Torrent) announceTick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.announcer.on {
		t.carryOut(t.tiers.Tick(t.session.clock.Now(), t.calls[:0]))
	}
}

// wantPeers hastens an announce, as far as the trackers allow; the lock is held.
func (t *Torrent) wantPeers() {
	if t.announcer.on {
		t.carryOut(t.tiers.Want(t.session.clock.Now(), t.calls[:0], wantNormal))
	}
}

// stand tells the trackers how much we have; the lock is held.
func (t *Torrent) stand() {
	s := announce.Downloading
	switch {
	case t.swarm.Have() == nil:
	case t.swarm.Have().Full():
		s = announce.Seeding
	case t.complete:
		s = announce.PartialSeed
	}
	t.carryOut(t.tiers.SetStanding(t.session.clock.Now(), t.calls[:0], s))
}

// carryOut makes each call in a goroutine of its own; the lock is held.
func (t *Torrent) carryOut(calls []announce.Call) {
	for _, c := range calls {
		request, ctx := t.request(c), t.asking
		if c.Event == announce.Stopped {
			ctx = t.session.ctx // a goodbye outlives the torrent
		}
		t.working.Go(func() { t.announce(ctx, c, request) })
	}
	t.calls = calls[:0]
	next := t.tiers.NextDeadline()
	if next == clock.Never || !t.announcer.on {
		t.announcer.timer.Stop()
		return
	}
	t.announcer.timer.Reset(max(next.Sub(t.session.clock.Now()), 0))
}

// request fills in what a call leaves to us.
func (t *Torrent) request(c announce.Call) announce.Request {
	stats := t.swarm.Stats(t.session.clock.Now())
	left := int64(announce.Unknown)
	if t.info.Load() != nil && t.isReady {
		left = t.left()
	}
	return announce.Request{
		InfoHash: c.Hash, PeerID: t.session.peerID, Uploaded: stats.Up, Downloaded: stats.Down, Left: left,
		Event: c.Event, Port: t.session.port(), NumWant: c.NumWant, Key: t.session.key, Compact: true, TrackerID: c.TrackerID,
	}
}

// left returns the bytes that we lack of the whole torrent, wanted or not, as trackers count.
func (t *Torrent) left() int64 {
	l, have := t.info.Load().Layout, t.swarm.Have()
	n := l.Total()
	for i := have.Next(0); i >= 0; i = have.Next(i + 1) {
		n -= int64(l.PieceLength())
	}
	if last := l.Pieces() - 1; last >= 0 && have.Has(last) {
		n += int64(l.PieceLength()) - (l.Total() - int64(last)*int64(l.PieceLength()))
	}
	return n
}

// announce asks a tracker, and gives the answer to machine and swarm.
func (t *Torrent) announce(ctx context.Context, c announce.Call, request announce.Request) {
	if c.Event == announce.Stopped {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, stopTimeout)
		defer cancel()
	}
	response, err := t.session.trackers.Announce(ctx, trackers.Target{URL: c.URL, Named: true}, request)
	if c.Event == announce.Stopped {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errs[c.URL] = err
	if !t.announcer.on {
		return
	}
	now := t.session.clock.Now()
	if err != nil {
		t.session.log.Info("announce", "torrent", t.ID(), "err", err)
		t.carryOut(t.tiers.Failed(now, t.calls[:0], c.Token, err))
		return
	}
	t.carryOut(t.tiers.Announced(now, t.calls[:0], c.Token, response))
	t.step(func(now clock.Time, out []swarm.Effect) []swarm.Effect {
		return t.swarm.AddAddresses(now, swarm.FromTracker, t.notOurselves(response.Peers), out)
	})
}

// notOurselves leaves our own listening addresses out of a tracker's list.
func (t *Torrent) notOurselves(list []netip.AddrPort) []netip.AddrPort {
	kept := list[:0]
	for _, a := range list {
		if !t.session.isOwn(a) {
			kept = append(kept, a)
		}
	}
	return kept
}

// stopAnnouncing says goodbye; the lock is held.
func (t *Torrent) stopAnnouncing() {
	if !t.announcer.on {
		return
	}
	t.announcer.on = false
	t.leave()
	t.carryOut(t.tiers.Stop(t.session.clock.Now(), t.calls[:0]))
}

// trackerStats describes the trackers; the lock is held.
func (t *Torrent) trackerStats() []TrackerStats {
	var list []TrackerStats
	for _, s := range t.tiers.Status(nil) {
		list = append(list, TrackerStats{
			URL: trackers.Redact(s.URL), Answered: s.Answered, Seeders: s.Seeders, Leechers: s.Leechers, Err: t.errs[s.URL],
		})
	}
	return list
}
