package trackers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"groove/torrent/announce"
	"groove/torrent/infohash"
)

// call is one announce or scrape on its way.
type call struct {
	shell   *Shell
	target  Target
	url     *url.URL
	limit   time.Duration
	request announce.Request
	hashes  []infohash.Short
}

// leave says whom the first step of the call may contact.
func (c *call) leave() leave {
	r := leave{local: c.target.Named || c.shell.cfg.AllowLocal, any: c.shell.cfg.AllowLocal}
	if c.url.Scheme != "udp" {
		r.path = c.url.Path
		if r.path == "" {
			r.path = "/"
		}
	}
	return r
}

// way asks over one family, at one of its addresses.
type way[T any] func(ctx context.Context, to netip.Addr) (T, error)

type outcome[T any] struct {
	answer T
	err    error
}

// run asks over every family that the host has, and returns the answers: at least one, or an error.
func run[T any](ctx context.Context, c *call, http, udp way[T]) ([]T, error) {
	u, err := parse(c.target.URL)
	if err != nil {
		return nil, err
	}
	c.url = u
	end, err := c.shell.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	ctx, breakOff := context.WithCancelCause(ctx)
	defer context.AfterFunc(c.shell.ctx, func() { breakOff(ErrClosed) })()
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, errTimeout)
	defer cancel()
	ask := http
	if u.Scheme == "udp" {
		ask = udp
	}
	hosts, err := c.resolve(ctx)
	if err != nil {
		return nil, err
	}
	results := make(chan outcome[T], len(hosts))
	for _, to := range hosts {
		go func() {
			answer, err := ask(ctx, to)
			results <- outcome[T]{answer, err}
		}()
	}
	return collect(results, len(hosts), cancel)
}

// collect waits for all families, but after the first answer not much longer.
func collect[T any](results <-chan outcome[T], n int, cancel func()) ([]T, error) {
	var answers []T
	var failed error
	for range n {
		r := <-results
		if r.err != nil {
			failed = worse(failed, r.err)
			continue
		}
		answers = append(answers, r.answer)
		defer time.AfterFunc(secondFamily, cancel).Stop()
	}
	if len(answers) == 0 {
		return nil, failed
	}
	return answers, nil
}

// worse keeps the error that says more: a tracker's own words before a network's.
func worse(old, err error) error {
	if _, refused := errors.AsType[*announce.Failure](err); old == nil || refused {
		return err
	}
	return old
}

// resolve returns an address for each family that the host has and that may be contacted.
func (c *call) resolve(ctx context.Context) ([]netip.Addr, error) {
	found, err := c.shell.lookup(ctx, "ip", c.url.Hostname())
	if err != nil {
		return nil, fmt.Errorf("look up the tracker: %w", cause(ctx, err))
	}
	var hosts [families]netip.Addr
	var refused error
	for _, a := range found {
		a = a.Unmap()
		if err := c.leave().check(a); err != nil {
			refused = err
		} else if f := familyOf(a); !hosts[f].IsValid() {
			hosts[f] = a
		}
	}
	var list []netip.Addr
	for _, a := range hosts {
		if a.IsValid() {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil, refused
	}
	return list, nil
}

// cause says why a context ended, in place of an error that only says that it did.
func cause(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errTimeout):
		return errTimeout
	}
	return context.Cause(ctx)
}
