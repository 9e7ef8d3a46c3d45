package choker

import "groove/internal/clock"

// slots is the climb towards the number of slots that fills the uplink.
type slots struct {
	uplink int64 // B/s, the best measured, forgotten slowly
	extra  int   // slots beyond what uplink gives
	begun  bool  // next is set

	probing bool
	before  int64      // upload when the trial began
	next    clock.Time // when the trial ends, or the next may begin
}

// count returns the number of slots.
func (s *slots) count(cfg Config) int {
	if cfg.Slots > 0 {
		return cfg.Slots
	}
	n := minSlots + int(s.uplink/bytesPerSlot) + s.extra
	n = min(n, max(minSlots, int(s.uplink/minSlotRate)), maxSlots)
	if cfg.UpLimit > 0 {
		n = min(n, max(limitedSlots, int(cfg.UpLimit/minSlotRate)))
	}
	return n
}

// measure takes the upload of a round in. full says that all slots are in use and somebody waits:
// without that, a low rate says nothing about the line.
func (s *slots) measure(now clock.Time, upRate int64, full bool, cfg Config) {
	s.uplink = max(upRate, s.uplink-s.uplink/64)
	switch {
	case !full:
		s.stop()
	case s.probing && now >= s.next:
		s.judge(now, upRate, cfg)
	case s.probing:
	case !s.begun:
		s.begun, s.next = true, now.Add(probeStart)
	case now >= s.next:
		s.probe(now, upRate, cfg)
	}
}

// stop breaks a trial off without a verdict.
func (s *slots) stop() {
	if s.probing {
		s.probing = false
		s.extra--
	}
}

// probe tries one slot more, unless the limit is reached anyway.
func (s *slots) probe(now clock.Time, upRate int64, cfg Config) {
	before := s.count(cfg)
	if cfg.UpLimit > 0 && upRate >= cfg.UpLimit-cfg.UpLimit/10 {
		return
	}
	s.extra++
	if s.count(cfg) == before {
		s.extra--
		return
	}
	s.probing, s.before, s.next = true, upRate, now.Add(probeTime)
}

// judge ends a trial: the slot stays if it brought half of what a slot gave before, and another is
// tried at once.
func (s *slots) judge(now clock.Time, upRate int64, cfg Config) {
	s.probing = false
	if upRate-s.before > s.before/int64(2*max(s.count(cfg)-1, 1)) {
		s.probe(now, upRate, cfg)
		return
	}
	s.extra--
	s.next = now.Add(probeRest)
}
