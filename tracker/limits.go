package tracker

import "time"

// What a Config takes where it says nothing.
const (
	// defaultInterval is the usual half hour between announces.
	defaultInterval = 30 * time.Minute

	// defaultMinInterval lets a peer in need ask again soon, and no faster.
	defaultMinInterval = 30 * time.Second

	// graceAfterInterval is for how long a peer's next announce may be overdue before it is forgotten.
	graceAfterInterval = 20 * time.Minute

	// defaultMaxSwarms and defaultMaxPeers bound memory: about 200 bytes a swarm, 150 a peer.
	defaultMaxSwarms = 100_000
	defaultMaxPeers  = 1_000_000
)

const (
	// defaultWant is how many peers one gets who does not say.
	defaultWant = 50

	// MaxWant is how many peers one gets at most.
	MaxWant = 200

	// seedShare of the peers that a downloader gets, one in so many, are seeds if there are that many.
	seedShare = 4

	// startingSeeds is how many seeds one gets at its start who says that it lacks nothing: a seed
	// gains nothing from them, but a client that does not know yet what it lacks needs one.
	startingSeeds = 8

	// lowestPort is the lowest port that is handed out: below it lie the services that somebody
	// could make a swarm knock at.
	lowestPort = 1024

	// sweepEvery is how often the silent are looked for.
	sweepEvery = time.Minute
)

func (c Config) withDefaults() Config {
	c.Interval = orElse(c.Interval, defaultInterval)
	c.MinInterval = orElse(c.MinInterval, min(defaultMinInterval, c.Interval))
	c.Lifetime = orElse(c.Lifetime, c.Interval+graceAfterInterval)
	c.MaxSwarms = orElse(c.MaxSwarms, defaultMaxSwarms)
	c.MaxPeers = orElse(c.MaxPeers, defaultMaxPeers)
	return c
}

func orElse[T ~int | ~int64](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}
