package swarm

import (
	"net/netip"
	"time"

	"groove/internal/clock"
	"groove/internal/reach"
)

// Origin says where an address came from; it decides what kinds of address are believed.
type Origin uint8

// The origins, most trusted first.
const (
	FromUser    Origin = iota // --peer, x.pe, the library's caller
	FromTracker               // a tracker that the user named
	FromLSD                   // a multicast on our own network
	FromPEX                   // another peer
	FromResume                // an earlier run
)

// address is somebody whom we could dial.
type address struct {
	at        netip.AddrPort
	fails     int
	retry     clock.Time
	dialing   bool
	connected bool
	origin    Origin
}

// addresses are the known ones, in the order in which they were learned.
type addresses struct {
	list    []address
	index   map[netip.AddrPort]int // looked up, never walked
	dialing int
	next    int // where the next search begins
}

func (k *addresses) init() { k.index = map[netip.AddrPort]int{} }

// idle reports whether there is nobody to dial, now or later.
func (k *addresses) idle() bool {
	if k.dialing > 0 {
		return false
	}
	for i := range k.list {
		if a := &k.list[i]; !a.connected && a.fails < maxDialFails {
			return false
		}
	}
	return true
}

// AddAddresses makes addresses known. from is the peer that told them, for FromPEX.
func (s *Swarm) AddAddresses(now clock.Time, origin Origin, list []netip.AddrPort, out []Effect) []Effect {
	s.begin(now, out)
	for _, a := range list {
		s.addAddress(origin, a, netip.Addr{})
	}
	s.dialSome()
	return s.end()
}

// addAddress keeps an address if its origin may name it (see docs/limits.md).
func (s *Swarm) addAddress(origin Origin, at netip.AddrPort, teller netip.Addr) {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if !at.IsValid() || at.Port() == 0 || at.Addr().IsUnspecified() || at.Addr().IsMulticast() {
		return
	}
	if s.private() && s.info != nil && origin != FromTracker && origin != FromUser {
		return
	}
	if origin == FromPEX && !s.cfg.Local && !mayName(teller, at.Addr()) {
		return
	}
	k := &s.known
	if i, ok := k.index[at]; ok {
		if origin == FromUser || origin == FromTracker {
			k.list[i].fails = min(k.list[i].fails, maxDialFails-1)
		}
		return
	}
	if len(k.list) >= maxAddresses {
		return
	}
	k.learn(at)
	k.list[len(k.list)-1].origin = origin
}

// mayName reports whether a peer at teller may send us to addr: to the world always, to a private
// network only from within it, to ourselves never.
func mayName(teller, addr netip.Addr) bool {
	if reach.IsGlobal(addr) {
		return true
	}
	return addr.IsPrivate() && teller.Unmap().IsPrivate() && addr.Is4() == teller.Unmap().Is4()
}

// dialSome opens connections while we want more peers.
func (s *Swarm) dialSome() {
	k := &s.known
	target := min(dialTarget, s.cfg.MaxPeers)
	for range len(k.list) {
		if s.count+k.dialing >= target || k.dialing >= maxDialing {
			return
		}
		k.next = (k.next + 1) % len(k.list)
		a := &k.list[k.next]
		if a.connected || a.dialing || a.fails >= maxDialFails || a.retry > s.now || s.blame.isBanned(a.at) {
			continue
		}
		a.dialing = true
		k.dialing++
		s.emit(Effect{Kind: Dial, Addr: a.at})
	}
}

// DialFailed answers Dial where no handshake came about.
func (s *Swarm) DialFailed(now clock.Time, at netip.AddrPort, out []Effect) []Effect {
	s.begin(now, out)
	if i, ok := s.known.index[at]; ok && s.known.list[i].dialing {
		a := &s.known.list[i]
		a.dialing = false
		s.known.dialing--
		a.fails++
		a.retry = now.Add(redialDelay(a))
	}
	s.dialSome()
	return s.end()
}

// redialDelay grows with the failures; whom the user named is tried again soon.
func redialDelay(a *address) time.Duration {
	if a.origin == FromUser {
		a.fails = min(a.fails, maxDialFails-1)
		return redialNamed
	}
	return redialAfter * time.Duration(a.fails)
}

// learn adds an address that a peer told of itself, if there is room.
func (k *addresses) learn(at netip.AddrPort) {
	if _, ok := k.index[at]; !ok && len(k.list) < maxAddresses {
		k.index[at] = len(k.list)
		k.list = append(k.list, address{at: at, origin: FromPEX})
	}
}

// connected notes that a dial has led to a peer.
func (k *addresses) connected(at netip.AddrPort) {
	if i, ok := k.index[at]; ok {
		if k.list[i].dialing {
			k.list[i].dialing = false
			k.dialing--
		}
		k.list[i].connected = true
		k.list[i].fails = 0
	}
}

// gone notes that the connection with a listening address ended.
func (k *addresses) gone(at netip.AddrPort, now clock.Time) {
	if i, ok := k.index[at]; ok && k.list[i].connected {
		a := &k.list[i]
		a.connected = false
		a.fails = 1
		a.retry = now.Add(redialDelay(a))
	}
}

// retire has an address rest until somebody names it again: a new connection would gain nothing.
func (k *addresses) retire(at netip.AddrPort) {
	if i, ok := k.index[at]; ok {
		k.list[i].fails = maxDialFails
		k.list[i].retry = 0
	}
}

// askForPeers tells the shell now and then that more addresses would help.
func (s *Swarm) askForPeers() {
	if !s.done && s.count < dialTarget/5 && s.now >= s.wantAt {
		s.wantAt = s.now.Add(wantPeersEvery)
		s.emit(Effect{Kind: WantPeers})
	}
}
