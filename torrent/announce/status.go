package announce

import "groove/torrent/infohash"

// Status is what people and programs can know about one tracker.
type Status struct {
	URL      string // with its secrets
	Tier     int
	Hash     infohash.Short
	Asking   bool // a Call is under way
	Answered bool // since Start
	Fails    int  // in a row
	Current  bool // it is the one that is asked regularly

	Seeders, Leechers int // of its last answer, or Unknown
}

// Status appends what is known of every tracker, tier by tier, each hash by itself.
func (t *Tiers) Status(dst []Status) []Status {
	for number, tier := range t.tiers {
		for _, tracker := range tier {
			for i := range t.lanes {
				dst = append(dst, t.status(&t.lanes[i], number, tracker))
			}
		}
	}
	return dst
}

func (t *Tiers) status(l *lane, tier int, tracker TrackerIndex) Status {
	k := &l.links[tracker]
	s := Status{
		URL: t.urls[tracker], Tier: tier, Hash: l.hash, Asking: k.open != 0, Answered: k.answered,
		Fails: k.fails, Current: l.current == tracker, Seeders: Unknown, Leechers: Unknown,
	}
	if k.answered {
		s.Seeders, s.Leechers = k.seeders, k.leechers
	}
	return s
}
