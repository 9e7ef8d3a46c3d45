package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestFetchIsBoundedAndStaysOutOfPrivateNetworks(t *testing.T) {
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("inside")) }))
	defer private.Close()
	mux := http.NewServeMux()
	named := httptest.NewServer(mux)
	defer named.Close()
	to := func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusFound) }
	}
	mux.HandleFunc("/show.torrent", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("torrent")) })
	mux.HandleFunc("/moved", to("/show.torrent"))
	mux.HandleFunc("/private", to(private.URL))
	mux.HandleFunc("/round", to("/round"))
	mux.HandleFunc("/magnet", to("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567"))
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxTorrentBytes+1000)) })

	for path, want := range map[string]string{"/show.torrent": "torrent", "/moved": "torrent"} {
		if got, err := fetch(t.Context(), named.URL+path, false); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if got, err := fetch(t.Context(), named.URL+"/private", true); err != nil || string(got) != "inside" {
		t.Errorf("with --allow-local: %q, %v", got, err)
	}
	for path, want := range map[string]string{
		"/private":             "private network",
		"/round":               "more than 5 times",
		"/magnet":              "magnet link",
		"/none?passkey=SECRET": "404 Not Found",
	} {
		_, err := fetch(t.Context(), named.URL+path, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(sentence(err), "SECRET") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := openLink(t.Context(), named.URL+"/large", false); err == nil || !strings.Contains(err.Error(), "larger than a torrent file") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := openLink(t.Context(), "http://127.0.0.1:1/x?key=SECRET", false); err == nil || strings.Contains(sentence(err), "SECRET") {
		t.Errorf("a dead server: %v", err)
	}
}

func TestReachIsHonest(t *testing.T) {
	listen := []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:7001"), netip.MustParseAddrPort("[::]:7001")}
	own := []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("fd77::5")}
	for _, c := range []struct {
		reach reach
		says  string
		peers string
	}{
		{reach{listen: listen, own: own, trackerPort: 6969}, "people on your network, at 192.168.1.5, fd77::5. For the internet, forward\nTCP port 7001 (music) and TCP and UDP port 6969 (tracker)", "192.168.1.5:7001 [fd77::5]:7001"},
		{reach{listen: listen, own: []netip.Addr{netip.MustParseAddr("93.184.216.34")}}, "anybody, at 93.184.216.34, unless a firewall", "93.184.216.34:7001"},
		{reach{listen: listen, own: []netip.Addr{netip.MustParseAddr("100.64.1.2")}}, "people on your network", "100.64.1.2:7001"},
		{reach{listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7001")}, own: own}, "only programs on this computer", "127.0.0.1:7001"},
		{reach{listen: []netip.AddrPort{netip.MustParseAddrPort("[::]:7001")}, own: own}, "people on your network", "192.168.1.5:7001 [fd77::5]:7001"},
		{reach{listen: listen, own: own, public: "taper.example", trackerPort: 6969}, "anybody, if taper.example leads to this computer", "taper.example:7001"},
		{reach{listen: listen, own: own, public: "2001:db8::1"}, "anybody, if", "[2001:db8::1]:7001"},
	} {
		if got := c.reach.sentence(); !strings.HasPrefix(got, c.says) {
			t.Errorf("said %q, want %q", got, c.says)
		}
		if got := strings.Join(c.reach.peers(), " "); got != c.peers {
			t.Errorf("peers %q, want %q", got, c.peers)
		}
	}
}
