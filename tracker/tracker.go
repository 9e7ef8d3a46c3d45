// Package tracker knows who takes part in which torrent, and whom to introduce to whom.
//
// It knows swarms, peers and their age; it refuses to know packets, members and sockets. The
// shell tracker/serve hands it announces; sim does so in virtual time. IPv4 and IPv6 are swarms
// apart: who can reach one family only is never sent to the other. Everything is in memory and
// bounded. Not safe for concurrent use. Start reading at Tracker.Announce.
package tracker

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"groove/internal/clock"
	"groove/torrent/infohash"
)

// Event says why a peer announces.
type Event uint8

// The events of BEP 3 and, for partial seeds, BEP 21.
const (
	None Event = iota
	Completed
	Started
	Stopped
	Paused
)

// Announce is what a peer tells. Which names it gives itself does not matter: a peer is its
// address, so that nobody can speak for another.
type Announce struct {
	Hash    infohash.Short
	From    netip.Addr // the source that was seen, not one that was claimed
	Port    uint16     // where it listens; 0 is counted, but handed to nobody
	Left    int64      // bytes it lacks; below 0: unknown, so it lacks some
	Event   Event
	NumWant int // peers wished for; below 0: the usual number

	// House are the addresses at which this peer reaches the house's own seed, if it has one.
	House []netip.AddrPort
}

// Answer is what a peer is told.
type Answer struct {
	Interval    time.Duration // until its next announce, spread at random
	MinInterval time.Duration
	Counts
}

// Counts tells how a torrent stands in the address family of whoever asks.
type Counts struct {
	Seeders     int
	Downloaders int
	Partial     int // partial seeds: they have what they wanted, which is not everything
	Completed   int // peers that became seeds here
}

// Config are the manners of a Tracker. Zeros take the values that limits.go names.
type Config struct {
	Interval    time.Duration // between announces of a peer; ±10 % at random
	MinInterval time.Duration // between announces of a peer that is in a hurry
	Lifetime    time.Duration // a silent peer is forgotten after this

	MaxSwarms int // torrents with peers; further ones are answered, but not kept
	MaxPeers  int // peers in all swarms; further ones are answered, but not kept

	// Listed serves only torrents that were allowed by Allow or Seed.
	Listed bool
}

// Tracker introduces peers to one another.
type Tracker struct {
	cfg     Config
	rng     *rand.Rand
	swarms  map[infohash.Short]*swarm
	listed  map[infohash.Short]bool // true: the house seeds it
	peers   int
	swept   clock.Time
	chooser chooser
}

// New makes a Tracker. rng spreads intervals and chooses peers; it is the Tracker's from now on.
func New(cfg Config, rng *rand.Rand) *Tracker {
	return &Tracker{
		cfg: cfg.withDefaults(), rng: rng,
		swarms: map[infohash.Short]*swarm{}, listed: map[infohash.Short]bool{},
	}
}

// Allow puts a torrent on the list.
func (t *Tracker) Allow(h infohash.Short) {
	if !t.Serves(h) {
		t.listed[h] = false
	}
}

// Seed says that the house itself seeds a torrent, which also puts it on the list. The seed has
// no address here: each announce brings the one at which its sender reaches the house.
func (t *Tracker) Seed(h infohash.Short) { t.listed[h] = true }

// Remove takes a torrent off the list, and the house's seed away. Its swarm ages away.
func (t *Tracker) Remove(h infohash.Short) { delete(t.listed, h) }

// Serves reports whether a torrent is answered for.
func (t *Tracker) Serves(h infohash.Short) bool {
	_, listed := t.listed[h]
	return listed || !t.cfg.Listed
}

// Announce takes in what a peer tells and appends to dst the peers that it should know: never
// itself, none that stopped or was silent for Lifetime and a minute, seeds only for those that
// lack something. It reports false, and changes nothing, for a torrent that is not served.
// O(peers handed out), plus all peers once a minute.
func (t *Tracker) Announce(now clock.Time, dst []netip.AddrPort, a Announce) ([]netip.AddrPort, Answer, bool) {
	if !t.Serves(a.Hash) || !a.From.IsValid() {
		return dst, Answer{}, false
	}
	t.sweep(now)
	addr := netip.AddrPortFrom(a.From.Unmap().WithZone(""), a.Port)
	f := t.family(a.Hash, addr.Addr())
	place := -1
	if a.Event == Stopped {
		t.remove(f, addr)
	} else {
		place = t.put(now, f, a, addr)
		dst = t.introduce(dst, f, a, addr, place)
	}
	answer := Answer{Interval: t.spread(), MinInterval: t.cfg.MinInterval, Counts: t.counts(f, a.Hash)}
	t.drop(a.Hash)
	return dst, answer, true
}

// Scrape tells how a torrent stands, in the family of the one who asks. It reports false for a
// torrent that is not served, or that nobody takes part in.
func (t *Tracker) Scrape(now clock.Time, h infohash.Short, from netip.Addr) (Counts, bool) {
	if !t.Serves(h) {
		return Counts{}, false
	}
	t.sweep(now)
	s := t.swarms[h]
	if s == nil {
		c := t.counts(nil, h)
		return c, c.Seeders > 0
	}
	return t.counts(s.family(from.Unmap()), h), true
}

// Size returns how many torrents have peers, and how many peers there are.
func (t *Tracker) Size() (swarms, peers int) { return len(t.swarms), t.peers }

func (t *Tracker) counts(f *family, h infohash.Short) Counts {
	var c Counts
	if f != nil {
		c = f.counts()
	}
	if t.listed[h] {
		c.Seeders++
	}
	return c
}

func (t *Tracker) spread() time.Duration {
	d := t.cfg.Interval
	return d - d/10 + time.Duration(t.rng.Int64N(int64(d/5)+1))
}
