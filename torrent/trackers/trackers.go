// Package trackers asks trackers: it carries out the calls that announce.Tiers decides on.
//
// It knows sockets, host names, redirects, resending and which addresses may be contacted; it
// refuses to know when to ask whom, and what to do with the peers. One Shell serves a whole
// session and may be used concurrently. A URL's secrets stand in none of its errors or logs.
// Start reading at Shell.Announce.
package trackers

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"groove/torrent/announce"
	"groove/torrent/infohash"
)

// Config are the manners of a Shell. The zero Config is good.
type Config struct {
	UserAgent  string       // to HTTP trackers; "" is Groove/0.1
	AllowLocal bool         // whoever named a tracker may name local ones, and redirects may lead there
	Logger     *slog.Logger // nil is silent
}

// Target is a tracker to ask.
type Target struct {
	URL   string // http, https or udp
	Named bool   // the user named it, so its address may be private or loopback
}

// Shell asks trackers. At most 50 calls run at once; more wait.
type Shell struct {
	cfg    Config
	log    *slog.Logger
	slots  chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
	calls  sync.WaitGroup
	udp    [families]udpSocket
	ids    idCache
	wait   time.Duration // until a UDP packet is sent again
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

	mu     sync.Mutex
	closed bool
}

// New makes a Shell. It opens nothing until it is asked.
func New(cfg Config) *Shell {
	if cfg.UserAgent == "" {
		cfg.UserAgent = defaultUserAgent
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Shell{
		cfg: cfg, log: cfg.Logger, slots: make(chan struct{}, maxParallel),
		wait: firstWait, lookup: net.DefaultResolver.LookupNetIP,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close breaks off every call and waits for all of them. Later calls end with ErrClosed.
func (s *Shell) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.calls.Wait()
	for i := range s.udp {
		s.udp[i].close()
	}
}

// Announce asks one tracker, over IPv4 and IPv6 at once where its host has both (BEP 7), and
// gives the peers of both answers. It takes at most 30 s, a goodbye (Stopped) 5 s, as far as ctx
// does not end it sooner. Errors have the *announce.Failure of a tracker that refused, or wrap
// ErrURL, ErrAddress or ErrClosed.
func (s *Shell) Announce(ctx context.Context, target Target, r announce.Request) (announce.Response, error) {
	c := call{shell: s, target: target, request: r, limit: callTimeout}
	if r.Event == announce.Stopped {
		c.limit = stopTimeout
	}
	answers, err := run(ctx, &c, c.announceHTTP, c.announceUDP)
	s.log.Debug("announce", "tracker", Redact(target.URL), "event", r.Event, "families", len(answers), "err", err)
	if err != nil {
		return announce.Response{}, fmt.Errorf("announce to %s: %w", Redact(target.URL), err)
	}
	return merge(answers), nil
}

// Scrape asks one tracker how torrents stand. Of its two address families the faster answer
// counts. Torrents that it does not know may be missing, or zero. Errors are as Announce's.
func (s *Shell) Scrape(ctx context.Context, target Target, hashes []infohash.Short) ([]announce.Scraped, error) {
	url, ok := announce.ScrapeURL(target.URL)
	if !ok {
		return nil, fmt.Errorf("scrape %s: %w: it has no place for scrapes", Redact(target.URL), ErrURL)
	}
	c := call{shell: s, target: Target{URL: url, Named: target.Named}, hashes: hashes, limit: callTimeout}
	answers, err := run(ctx, &c, c.scrapeHTTP, c.scrapeUDP)
	if err != nil {
		return nil, fmt.Errorf("scrape %s: %w", Redact(target.URL), err)
	}
	return answers[0], nil
}

// merge joins the answers of two families: the peers of both, the larger counts, since most
// peers stand in both.
func merge(answers []announce.Response) announce.Response {
	all := answers[0]
	for _, more := range answers[1:] {
		all.Peers = append(all.Peers, more.Peers...)
		all.Seeders = max(all.Seeders, more.Seeders)
		all.Leechers = max(all.Leechers, more.Leechers)
		all.Completed = max(all.Completed, more.Completed)
	}
	return all
}

// begin takes a slot for a call; the end of the call must be told by the function returned.
func (s *Shell) begin(ctx context.Context) (end func(), err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	s.calls.Add(1)
	s.mu.Unlock()
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots; s.calls.Done() }, nil
	case <-s.ctx.Done():
		err = ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.calls.Done()
	return nil, err
}

// parse reads a tracker's URL.
func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, fmt.Errorf("%w: it cannot be read", ErrURL)
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "udp":
		return nil, fmt.Errorf("%w: only http, https and udp are known", ErrURL)
	case u.Scheme == "udp" && u.Port() == "":
		return nil, fmt.Errorf("%w: it has no port", ErrURL)
	}
	u.Fragment = ""
	return u, nil
}

// family is a kind of address.
type family int

const (
	v4 family = iota
	v6
	families
)

func familyOf(a netip.Addr) family {
	if a.Is4() {
		return v4
	}
	return v6
}

// network returns the name of the family's protocol: "tcp4".
func (f family) network(protocol string) string {
	return protocol + [families]string{"4", "6"}[f]
}
