//go:build linux

package interop

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"groove/internal/test/netlab"
	"groove/internal/test/peers"
)

// patience is for one small torrent. Transmission waits 10 s before its first request, twice that for a magnet.
const patience = 60 * time.Second

const (
	byFile   = "torrent"
	byMagnet = "magnet"
)

// A meeting is one run of ours with another client. Those that are not quick run with GROOVE_TEST_LONG=1 only.
type meeting struct {
	kind   peers.Kind // "" is ours
	format string
	link   string
	quick  bool
}

var sharing = []meeting{
	{peers.Libtorrent, "v1", byMagnet, true},
	{peers.Libtorrent, "v1", byFile, false},
	{peers.Libtorrent, "hybrid", byFile, true},
	{peers.Libtorrent, "hybrid", byMagnet, false},
	{peers.Libtorrent, "v2", byMagnet, true},
	{peers.Libtorrent, "v2", byFile, false},
	{peers.Transmission, "v1", byFile, true},
	{peers.Transmission, "v1", byMagnet, false},
	{peers.Aria2, "v1", byMagnet, true},
	{peers.Aria2, "v1", byFile, false},
	{peers.Rtorrent, "v1", byFile, true},
	{peers.Rtorrent, "v1", byMagnet, false},
	{"", "v1", byFile, false},
	{"", "v1", byMagnet, true},
	{"", "hybrid", byFile, false},
	{"", "hybrid", byMagnet, true},
	{"", "v2", byFile, true},
	{"", "v2", byMagnet, false},
}

var getting = []meeting{
	{peers.Libtorrent, "v1", byFile, true},
	{peers.Libtorrent, "v1", byMagnet, false},
	{peers.Libtorrent, "hybrid", byMagnet, true},
	{peers.Libtorrent, "hybrid", byFile, false},
	{peers.Libtorrent, "v2", byFile, true},
	{peers.Libtorrent, "v2", byMagnet, false},
	{peers.Transmission, "v1", byMagnet, true},
	{peers.Transmission, "v1", byFile, false},
	{peers.Aria2, "v1", byFile, true},
	{peers.Aria2, "v1", byMagnet, false},
	{peers.Rtorrent, "v1", byMagnet, true},
	{peers.Rtorrent, "v1", byFile, false},
}

func (m meeting) name() string {
	kind := m.kind
	if kind == "" {
		kind = "groove"
	}
	return fmt.Sprintf("%s %s %s", kind, m.format, m.link)
}

func each(t *testing.T, meetings []meeting, body func(t *testing.T, m meeting)) {
	for _, m := range meetings {
		t.Run(m.name(), func(t *testing.T) {
			if !m.quick && !long {
				t.Skip("part of the full matrix: GROOVE_TEST_LONG=1")
			}
			if m.kind == "" {
				begin(t)
			} else {
				begin(t, m.kind)
			}
			body(t, m)
		})
	}
}

// We share, a friend gets: the tracker inside groove share introduces them.
func TestEveryClientGetsWhatWeShare(t *testing.T) {
	each(t, sharing, func(t *testing.T, m meeting) {
		lab := netlab.New(t, 2)
		folder := aShow(t)
		shareAndGet(t, lab, m, folder)
	})
}

func shareAndGet(t *testing.T, lab *netlab.Lab, m meeting, folder string) {
	t.Helper()
	share := run(t, lab.Node(1), "share", folder, "--out", filepath.Join(t.TempDir(), "x.torrent"), "--format", m.format)
	ready := share.Wait("ready", patience)
	out := t.TempDir()
	if m.kind == "" {
		link := ready.Torrent
		if m.link == byMagnet {
			link = ready.Magnet
		}
		get := run(t, lab.Node(2), "get", link, out)
		if code := get.Exit(patience); code != 0 {
			t.Fatalf("get ended with %d\n%s", code, get.Story())
		}
		got(t, ours("groove get", get))
	} else {
		o := peers.Options{Dir: out, Port: 7002}
		if m.link == byMagnet {
			o.Magnet = ready.Magnet
		} else {
			o.Torrent = ready.Torrent
		}
		client := peers.Start(t, m.kind, lab.Node(2), o)
		client.Wait(patience)
		got(t, other(client))
		client.Stop() // what it has not written yet, it writes now
	}
	gave(t, ours("groove share", share))
	identical(t, folder, filepath.Join(out, filepath.Base(folder)))
}

// A friend seeds, we get: nobody introduces us, we dial.
func TestWeGetWhatEveryClientSeeds(t *testing.T) {
	each(t, getting, func(t *testing.T, m meeting) {
		lab := netlab.New(t, 2)
		seedAndGet(t, lab, m, aShow(t))
	})
}

func seedAndGet(t *testing.T, lab *netlab.Lab, m meeting, folder string) {
	t.Helper()
	torrent := makeTorrent(t, folder, "--format", m.format)
	seed := peers.Start(t, m.kind, lab.Node(1), peers.Options{Torrent: torrent, Dir: filepath.Dir(folder), Port: 7001})
	seed.Wait(patience)
	link := torrent
	if m.link == byMagnet {
		link = magnet(t, torrent)
	}
	out := t.TempDir()
	get := run(t, lab.Node(2), "get", link, out, "--peer", "10.77.0.1:7001")
	if code := get.Exit(patience); code != 0 {
		t.Fatalf("get ended with %d\n%s\n%s says %+v", code, get.Story(), m.kind, seed.Stats())
	}
	gave(t, other(seed))
	got(t, ours("groove get", get))
	identical(t, folder, filepath.Join(out, filepath.Base(folder)))
}

// A thousand small files cost names and seeks, not bytes.
func TestAThousandFiles(t *testing.T) {
	sizes := map[string]int{}
	for i := range 1000 {
		sizes[fmt.Sprintf("cd%02d/%04d.txt", i%37, i)] = 1 + i*i%20_011
	}
	meetings := []meeting{
		{"", "v1", byMagnet, true},
		{peers.Libtorrent, "v1", byFile, true},
		{peers.Libtorrent, "v2", byFile, false},
		{peers.Transmission, "v1", byFile, false},
		{peers.Aria2, "v1", byFile, false},
		{peers.Rtorrent, "v1", byFile, false},
	}
	each(t, meetings, func(t *testing.T, m meeting) {
		lab := netlab.New(t, 2)
		folder := makeFolder(t, "Thousand", sizes)
		shareAndGet(t, lab, m, folder)
		if m.kind != "" {
			seedAndGet(t, netlab.New(t, 2), m, folder)
		}
	})
}

// Nobody has the show but a web server.
func TestWeGetFromAWebSeed(t *testing.T) {
	begin(t)
	lab := netlab.New(t, 2)
	folder := aShow(t)
	url := peers.WebSeed(t, lab.Node(1), 8080, filepath.Dir(folder), "")
	torrent := makeTorrent(t, folder, "--webseed", url)
	out := t.TempDir()
	get := run(t, lab.Node(2), "get", torrent, out, "--allow-local")
	if code := get.Exit(patience); code != 0 {
		t.Fatalf("get ended with %d\n%s", code, get.Story())
	}
	got(t, ours("groove get", get))
	identical(t, folder, filepath.Join(out, filepath.Base(folder)))
}

func addr(node *netlab.Node, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(node.Addr(), port)
}
