package serve

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// URLs returns where clients announce, the best first; each is meant to be a tier of its own.
// Public overrides what the machine knows of itself. They are HTTP, which every client speaks
// and which needs one open port; "udp" instead of "http" works as well.
func (s *Server) URLs() []string {
	port := strconv.Itoa(int(s.bound.Port()))
	if s.public.host != "" {
		return []string{"http://" + net.JoinHostPort(s.public.host, port) + "/announce"}
	}
	var urls []string
	for _, a := range s.Addrs() {
		urls = append(urls, "http://"+a.String()+"/announce")
	}
	return urls
}

// Addrs returns the addresses of this machine that the Server is reached at: the one it listens
// on, or every global unicast address, those of the public network first and IPv4 before IPv6;
// loopback only if there is no other. Link-local addresses are left out.
func (s *Server) Addrs() []netip.AddrPort {
	addrs := []netip.Addr{s.bound.Addr()}
	if s.bound.Addr().IsUnspecified() {
		addrs = usable(ownAddrs(), s.bound.Addr().Is4())
	}
	var list []netip.AddrPort
	for _, a := range addrs {
		list = append(list, netip.AddrPortFrom(a, s.bound.Port()))
	}
	return list
}

// ownAddrs lists the addresses of all interfaces that are up.
func ownAddrs() []netip.Addr {
	var list []netip.Addr
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil || i.Flags&net.FlagUp == 0 {
			continue
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				list = append(list, clean(prefix.Addr()))
			}
		}
	}
	return list
}

// usable picks the addresses that others can use, the best first.
func usable(own []netip.Addr, only4 bool) []netip.Addr {
	var list []netip.Addr
	for _, a := range own {
		if a.IsGlobalUnicast() && (a.Is4() || !only4) && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b netip.Addr) int { return cmp.Compare(rank(a), rank(b)) })
	if len(list) == 0 {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return list
}

func rank(a netip.Addr) int {
	n := 0
	if !isGlobal(a) {
		n += 2
	}
	if a.Is6() {
		n++
	}
	return n
}

// isGlobal reports whether an address is of the public network.
func isGlobal(a netip.Addr) bool { return a.IsGlobalUnicast() && !a.IsPrivate() }

// house returns where a client reaches the house's own seed.
func (s *Server) house(who caller) []netip.AddrPort {
	if s.cfg.SeedPort == 0 {
		return nil
	}
	var list []netip.AddrPort
	for _, a := range s.public.addrs() {
		if a.Is4() == who.from.Is4() {
			list = append(list, netip.AddrPortFrom(a, s.cfg.SeedPort))
		}
	}
	if len(list) > 0 && isGlobal(who.from) {
		return list
	}
	if !who.local.IsValid() {
		who.local = routeTo(who.from)
	}
	local := netip.AddrPortFrom(who.local, s.cfg.SeedPort)
	if local.IsValid() && !local.Addr().IsLinkLocalUnicast() && !slices.Contains(list, local) {
		list = append(list, local)
	}
	return list
}

// public is the machine's name to the world, and what it stands for at present.
type public struct {
	host   string
	cancel context.CancelFunc

	mu    sync.Mutex
	known []netip.Addr
}

// start looks a name up, and again from time to time; an address is what it is.
func (p *public) start(host string, log *slog.Logger, loops *sync.WaitGroup) {
	p.host = strings.Trim(host, "[]")
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	if addr, err := netip.ParseAddr(p.host); err == nil || p.host == "" {
		if err == nil {
			p.known = []netip.Addr{clean(addr)}
		}
		return
	}
	p.look(ctx, log)
	loops.Go(func() {
		tick := time.NewTicker(resolveEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				p.look(ctx, log)
			}
		}
	})
}

// look keeps what was known if the name cannot be looked up now.
func (p *public) look(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", p.host)
	if err != nil {
		log.Warn("look up the public name of this machine", "err", err)
		return
	}
	for i := range found {
		found[i] = clean(found[i])
	}
	p.mu.Lock()
	p.known = found
	p.mu.Unlock()
}

func (p *public) addrs() []netip.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known
}

func (p *public) stop() { p.cancel() }
