package trackers

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"groove/torrent/announce"
	"groove/torrent/infohash"
)

const answer = "d8:completei7e10:incompletei3e8:intervali1800e5:peers6:\xc0\x00\x02\x01\x1a\xe1e"

var ask = announce.Request{InfoHash: infohash.Short{1}, Left: 5, Port: 6881, NumWant: 50, Compact: true}

// shell gives a Shell that must leave no goroutine behind.
func shell(t *testing.T, cfg Config) *Shell {
	before := runtime.NumGoroutine()
	s := New(cfg)
	s.wait = 50 * time.Millisecond
	t.Cleanup(func() {
		s.Close()
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 64<<10)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	})
	return s
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func TestAnHTTPTrackerIsAsked(t *testing.T) {
	var query, agent string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		query, agent = r.URL.RawQuery, r.UserAgent()
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write([]byte(answer))
		z.Close()
	})
	s := shell(t, Config{})
	r, err := s.Announce(t.Context(), Target{server.URL + "/announce?pk=1", true}, ask)
	if err != nil || r.Seeders != 7 || len(r.Peers) != 1 {
		t.Errorf("%+v %v", r, err)
	}
	if !strings.HasPrefix(query, "pk=1&info_hash=%01%00") || agent != "Groove/0.1" {
		t.Errorf("asked with %q as %q", query, agent)
	}
}

func TestAScrapeGoesBesideTheAnnounces(t *testing.T) {
	var path string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		w.Write(announce.AppendHTTPScrapeResponse(nil, []announce.Scraped{{Hash: ask.InfoHash, Counts: announce.Counts{Seeders: 4}}}))
	})
	s := shell(t, Config{})
	got, err := s.Scrape(t.Context(), Target{server.URL + "/announce", true}, []infohash.Short{ask.InfoHash})
	if err != nil || path != "/scrape" || len(got) != 1 || got[0].Seeders != 4 {
		t.Errorf("%s: %+v %v", path, got, err)
	}
	if _, err := s.Scrape(t.Context(), Target{server.URL + "/a", true}, nil); !errors.Is(err, ErrURL) {
		t.Error(err)
	}
}

func TestWhoMayBeContacted(t *testing.T) {
	asked := ""
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked += r.URL.Path
		w.Write([]byte(answer))
	})
	s, open := shell(t, Config{}), shell(t, Config{AllowLocal: true})
	cases := []struct {
		shell *Shell
		url   string
		named bool
		ok    bool
	}{
		{s, server.URL + "/announce", true, true},
		{s, server.URL + "/announce/KEY", true, true},
		{s, server.URL + "/announce", false, false},
		{s, server.URL + "/", true, false},
		{s, server.URL, true, false},
		{s, server.URL + "/KEY/announce", true, false},
		{s, server.URL + "/announce/../admin", true, false},
		{s, "http://0.0.0.0:1/announce", true, false},
		{s, "udp://127.0.0.1:1/announce", false, false},
		{s, "udp://10.0.0.1:1/announce", false, false},
		{open, server.URL + "/any/path", false, true},
	}
	for _, c := range cases {
		asked = ""
		_, err := c.shell.Announce(t.Context(), Target{c.url, c.named}, ask)
		if (err == nil) != c.ok || !c.ok && !errors.Is(err, ErrAddress) {
			t.Errorf("%s, named %v: %v", c.url, c.named, err)
		}
		if !c.ok && asked != "" {
			t.Errorf("%s was asked all the same: %s", c.url, asked)
		}
	}
}

func TestRedirects(t *testing.T) {
	var server *httptest.Server
	target := ""
	server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/announce" {
			if r.Header.Get("Referer") != "" {
				t.Error("the first URL, and its key, was told to the next server")
			}
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusFound)
			return
		}
		w.Write([]byte(answer))
	})
	careful, open := shell(t, Config{}), shell(t, Config{AllowLocal: true})
	try := func(s *Shell, to string) error {
		target = to
		_, err := s.Announce(t.Context(), Target{server.URL + "/announce", true}, ask)
		return err
	}
	if err := try(open, server.URL+"/there"); err != nil {
		t.Error(err)
	}
	if err := try(careful, server.URL+"/there"); !errors.Is(err, ErrAddress) {
		t.Errorf("led to a local address: %v", err)
	}
	if err := try(open, "/announce"); !errors.Is(err, errRedirect) {
		t.Errorf("without end: %v", err)
	}
	for _, bad := range []string{"file:///etc/passwd", "", "http://%zz/SECRET", "gopher://x/SECRET"} {
		if err := try(open, bad); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestBadAnswersAreSaidWithoutSecrets(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/announce/SECRET1":
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte("d14:failure reason7:go awaye"))
		case "/announce/SECRET2":
			w.WriteHeader(http.StatusNotFound)
		case "/announce/SECRET3":
			w.Write(make([]byte, announce.MaxReply+1))
		case "/announce/SECRET4":
			w.Write([]byte("<html>"))
		}
	})
	dead := serve(t, nil)
	dead.Close()
	s := shell(t, Config{})
	for url, want := range map[string]string{
		server.URL + "/announce/SECRET1": "the tracker refused: go away", server.URL + "/announce/SECRET2": "404 Not Found",
		server.URL + "/announce/SECRET3": "too long", server.URL + "/announce/SECRET4": "not a tracker message",
		dead.URL + "/announce/SECRET5?pk=SECRET6": "refused", "ftp://x/SECRET7": "only http, https and udp",
		"http://user:SECRET8@/announce": "cannot be read", "http://x/%zzSECRET9": "cannot be read", "udp://127.0.0.1/SECRET10": "no port",
	} {
		_, err := s.Announce(t.Context(), Target{url, true}, ask)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"http://u:p@t.example:80/KEY/announce?pk=K&x&a=": "http://t.example:80/***/announce?pk=***&***&a=***",
		"udp://t.example:1337/announce":                  "udp://t.example:1337/announce",
		"https://t.example/announce/KEY":                 "https://t.example/announce/***",
		"http://%zz/":                                    "(a URL that cannot be read)",
	} {
		if got := Redact(url); got != want {
			t.Errorf("%s: %s", url, got)
		}
	}
}

func TestEndsAreQuick(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := shell(t, Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Announce(ctx, Target{server.URL + "/announce", true}, ask); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	ended := make(chan error)
	go func() {
		_, err := s.Announce(t.Context(), Target{server.URL + "/announce", true}, ask)
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	s.Close()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("broken off by Close: %v", err)
	}
	if _, err := s.Announce(t.Context(), Target{server.URL + "/announce", true}, ask); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
