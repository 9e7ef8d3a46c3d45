package main

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groove/torrent"
	"groove/torrent/infohash"
	"groove/torrent/metainfo"
)

// fakeJob is a torrent whose fate the test decides.
type fakeJob struct {
	meta  *metainfo.Metainfo
	stats torrent.Stats
}

func (f *fakeJob) ID() infohash.ID                     { return f.meta.Info.ID }
func (f *fakeJob) Metainfo() *metainfo.Metainfo        { return f.meta }
func (f *fakeJob) Stats() torrent.Stats                { return f.stats }
func (f *fakeJob) Events() <-chan torrent.Event        { return nil }
func (f *fakeJob) Add(torrent.AddOptions) (job, error) { return f, nil }
func (f *fakeJob) Addrs() []netip.AddrPort             { return nil }
func (f *fakeJob) Close() error                        { return nil }

func smallTorrent(t *testing.T) *metainfo.Metainfo {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t01.flac")
	if err := os.WriteFile(path, make([]byte, 20000), 0o666); err != nil {
		t.Fatal(err)
	}
	m, _, err := torrent.Make(t.Context(), path, torrent.MakeOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhenAFinishedGetClosesItsWindow(t *testing.T) {
	lacks := []torrent.PeerStats{{Lacks: true}}
	for name, c := range map[string]struct {
		flags    getFlags
		terminal bool
		peers    []torrent.PeerStats
		given    int64
		closes   time.Duration // after it is complete; below 0: never
	}{
		"a script, nobody lacks anything":           {peers: []torrent.PeerStats{{}}, closes: 0},
		"a script, somebody still lacks pieces":     {peers: lacks, closes: lingerTime},
		"a script that has given a piece back":      {peers: lacks, given: 16384, closes: time.Second},
		"a script with --stay":                      {flags: getFlags{stay: true}, closes: -1},
		"a script with --stay-for":                  {flags: getFlags{stayFor: time.Hour}, peers: lacks, given: 1 << 20, closes: time.Hour},
		"a person looks":                            {terminal: true, closes: -1},
		"a person looks who gave --stay-for":        {terminal: true, flags: getFlags{stayFor: time.Minute}, closes: time.Minute},
		"a script on a terminal that asks for JSON": {terminal: true, flags: getFlags{session: sessionFlags{json: true}}, closes: 0},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Unix(1e9, 0)
			now := begun
			var out bytes.Buffer
			e := testEnv(&out)
			e.now = func() time.Time { return now }
			if c.terminal {
				e.size = func() (int, int, bool) { return 80, 24, true }
			}
			f := &fakeJob{meta: smallTorrent(t)}
			g := &getting{e: e, s: newSpeaker(e, c.flags.session.json), f: c.flags, dir: ".", begun: begun, sess: f, job: f}
			f.stats = torrent.Stats{State: torrent.Downloading, Total: 20000, Done: 19000, Peers: c.peers, Up: 5000}
			if end, err := g.step(now, f.stats); end || err != nil {
				t.Fatalf("it ended before it was complete: %v", err)
			}
			f.stats.State, f.stats.Done = torrent.Seeding, 20000
			closed := time.Duration(-1)
			for ; now.Sub(begun) <= 2*time.Hour; now = now.Add(time.Second) {
				end, err := g.step(now, f.stats)
				if err != nil {
					t.Fatal(err)
				}
				if end {
					closed = now.Sub(begun)
					break
				}
				f.stats.Up = 5000 + c.given
			}
			if closed != c.closes {
				t.Errorf("closed after %v, want %v", closed, c.closes)
			}
			if n := strings.Count(out.String(), "every byte verified"); c.flags.session.json == (n == 1) {
				t.Errorf("said %q", out.String())
			}
		})
	}
}

func TestTimeLimitAndTroubleEndAGet(t *testing.T) {
	begun := time.Unix(1e9, 0)
	var out bytes.Buffer
	e := testEnv(&out)
	e.now = func() time.Time { return begun }
	f := &fakeJob{meta: smallTorrent(t)}
	g := &getting{e: e, s: newSpeaker(e, false), f: getFlags{timeout: time.Minute}, dir: ".", begun: begun, sess: f, job: f}
	f.stats = torrent.Stats{State: torrent.Downloading, Total: 20000, Done: 5000, Waiting: "nobody connected has the rest"}
	if end, err := g.step(begun.Add(59*time.Second), f.stats); end || err != nil {
		t.Errorf("ended early: %v", err)
	}
	end, err := g.step(begun.Add(time.Minute), f.stats)
	if !end || explain(err).exit != exitFailed || !strings.Contains(err.Error(), "25 %") || !strings.Contains(err.Error(), f.stats.Waiting) {
		t.Errorf("at its time limit: %v, %v", end, err)
	}
	trouble := errors.New("disk on fire")
	if _, err := g.step(begun, torrent.Stats{State: torrent.Failed, Err: trouble}); !errors.Is(err, trouble) {
		t.Errorf("trouble became %v", err)
	}
}

func TestScriptsAreToldOnceWhyNothingMoves(t *testing.T) {
	now := time.Unix(1e9, 0)
	var out bytes.Buffer
	e := testEnv(&out)
	e.now = func() time.Time { return now }
	s := newSpeaker(e, false)
	v := view{Stats: torrent.Stats{Waiting: "no tracker has answered yet"}}
	for range 60 {
		s.show(v)
		now = now.Add(time.Second)
	}
	v.Waiting = ""
	s.show(v)
	v.Waiting = "trying to reach peers"
	s.show(v) // too short to be told
	if got := out.String(); got != "groove: no tracker has answered yet\n" {
		t.Errorf("said %q", got)
	}
}
