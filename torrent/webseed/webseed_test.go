package webseed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"groove/torrent/layout"
	"groove/torrent/metainfo"
)

// concert is a torrent of files with awkward names, padding between them, and its bytes.
func concert(t *testing.T) (info *metainfo.Info, data []byte) {
	t.Helper()
	info = &metainfo.Info{Name: "cleaned", RawName: "1977-05-08 Barton Hall 100% #1?"}
	var files []layout.File
	noise := rand.NewChaCha8([32]byte{1})
	for i, path := range [][]string{
		{"d1 t01; Minglewood & more+.flac"}, nil, {"Größe", "日本.flac"}, {"empty"}, nil, {"a%2fb:c=@", "x"}, {"one.txt"},
	} {
		length := []int64{100_000, 31_072, 65_537, 0, 16_383, 300_000, 1}[i]
		f := metainfo.File{Path: fmt.Sprintf("cleaned/%d", i), RawPath: path, Length: length, Pad: path == nil}
		bytes := make([]byte, length)
		if !f.Pad {
			noise.Read(bytes)
		}
		data = append(data, bytes...)
		info.Files = append(info.Files, f)
		files = append(files, layout.File{Path: f.Path, Length: length, Pad: f.Pad})
	}
	l, err := layout.New(32<<10, files)
	if err != nil {
		t.Fatal(err)
	}
	info.Layout = l
	return info, data
}

// lay puts the files into a folder under their raw names, as a web server has them.
func lay(t *testing.T, info *metainfo.Info, data []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range info.Files {
		b := data[:f.Length]
		data = data[f.Length:]
		if f.Pad {
			continue
		}
		at := filepath.Join(append([]string{dir, info.RawName}, f.RawPath...)...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func source(t *testing.T, address string, info *metainfo.Info) *Source {
	t.Helper()
	s, err := New(address, info, "Groove/test", true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// read collects what a source gives.
func read(s *Source, off, length int64) (got []byte, err error) {
	err = s.Read(context.Background(), off, length, func(b []byte) error {
		if len(b) > maxRun {
			return fmt.Errorf("a run of %d bytes", len(b))
		}
		got = append(got, b...)
		return nil
	})
	return got, err
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// Any range of the torrent is read, over files, padding and names that have to be escaped.
func TestRangesAcrossFilesAndPadding(t *testing.T) {
	info, data := concert(t)
	server := serve(t, http.StripPrefix("/live shows", http.FileServer(http.Dir(lay(t, info, data)))))
	for _, base := range []string{"/live%20shows/", "/live%20shows"} {
		s := source(t, server.URL+base, info)
		rng := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			off := rng.Int64N(int64(len(data)))
			n := 1 + rng.Int64N(int64(len(data))-off)
			got, err := read(s, off, n)
			if err != nil || !bytes.Equal(got, data[off:off+n]) {
				t.Fatalf("%d bytes from %d: %d, %v", n, off, len(got), err)
			}
		}
	}
}

// Where a file lies: BEP 19, with every byte escaped that would mean something else in a URL.
func TestWhereAFileLies(t *testing.T) {
	folder := &metainfo.Info{RawName: "a b", Files: []metainfo.File{{RawPath: []string{"c?d", "e#f%20/g"}}, {RawPath: []string{"\xff\xfe"}}}}
	single := &metainfo.Info{RawName: "x y.flac", SingleFile: true, Files: []metainfo.File{{}}}
	for _, c := range []struct {
		base string
		info *metainfo.Info
		file int
		want string
	}{
		{"http://h/pub/", folder, 0, "http://h/pub/a%20b/c%3Fd/e%23f%2520%2Fg"},
		{"http://h/pub", folder, 0, "http://h/pub/a%20b/c%3Fd/e%23f%2520%2Fg"},
		{"http://h", folder, 1, "http://h/a%20b/%FF%FE"},
		{"http://h/a%2fb/", folder, 1, "http://h/a%2fb/a%20b/%FF%FE"},
		{"http://h/pub/?key=1", folder, 1, "http://h/pub/a%20b/%FF%FE?key=1"},
		{"http://h/pub/", single, 0, "http://h/pub/x%20y.flac"},
		{"http://h/pub/other%20name.flac", single, 0, "http://h/pub/other%20name.flac"},
		{"http://h/get?id=7", single, 0, "http://h/get?id=7"},
	} {
		if got := source(t, c.base, c.info).fileURL(c.file); got != c.want {
			t.Errorf("%s: %s, want %s", c.base, got, c.want)
		}
	}
	for _, base := range []string{"", "ftp://h/x", "http://", "file:///etc/passwd", "//h/x", "http://[::1", "\x00"} {
		if _, err := New(base, single, "", true); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", base, err)
		}
	}
}

// What is not exactly the range that was asked for is refused, and none of it handed on.
func TestServersThatDoNotGiveTheRange(t *testing.T) {
	info := &metainfo.Info{RawName: "x", SingleFile: true, Files: []metainfo.File{{Path: "x", Length: 1000}}}
	info.Layout, _ = layout.New(32<<10, []layout.File{{Path: "x", Length: 1000}})
	whole := bytes.Repeat([]byte("0123456789"), 100)
	partial := func(header string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", header)
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body)
		}
	}
	for what, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"ignores the range":     {func(w http.ResponseWriter, _ *http.Request) { w.Write(whole) }, ErrAnswer},
		"another range":         {partial("bytes 0-99/1000", whole[:100]), ErrAnswer},
		"a longer range":        {partial("bytes 100-1999/1000", whole[100:]), ErrAnswer},
		"no range":              {partial("", whole[100:200]), ErrAnswer},
		"a star":                {partial("bytes */1000", whole[100:200]), ErrAnswer},
		"several ranges":        {partial("", []byte("--x\r\nContent-Range: bytes 100-199/1000\r\n\r\n")), ErrAnswer},
		"not there":             {http.NotFound, ErrAnswer},
		"an error":              {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, ErrAnswer},
		"a range that ends":     {partial("bytes 100-199/1000", whole[100:150]), io.ErrUnexpectedEOF},
		"redirects to itself":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }, ErrAnswer},
		"redirects to no where": {http.RedirectHandler("ftp://h/x", http.StatusFound).ServeHTTP, nil},
		"an endless head": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*maxHead))
			w.WriteHeader(http.StatusPartialContent)
		}, nil},
	} {
		var asked atomic.Int64
		server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			c.answer(w, r)
		}))
		got, err := read(source(t, server.URL+"/?key=secret", info), 100, 100)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || len(got) > 0 {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		if n := asked.Load(); n > maxRedirects+1 {
			t.Errorf("%s: asked %d times", what, n)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the secret of the URL is in %v", what, err)
		}
	}
	all := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(whole) }))
	if got, err := read(source(t, all.URL, info), 0, 1000); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("a server without ranges, for a whole file: %d bytes, %v", len(got), err)
	}
	short := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(whole[:999]) }))
	if _, err := read(source(t, short.URL, info), 0, 1000); !errors.Is(err, ErrAnswer) {
		t.Errorf("a whole file of another length: %v", err)
	}
}

// Wherever a server on the public network redirects to, nobody on a private one or on this machine is
// contacted; it is told the range, and no secret of the URL that it redirects from.
func TestRedirectsStayInThePublicNetwork(t *testing.T) {
	info, data := concert(t)
	files := http.FileServer(http.Dir(lay(t, info, data)))
	var rings atomic.Int64
	inside := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rings.Add(1)
		if r.Referer() != "" {
			t.Errorf("told %q", r.Referer())
		}
		files.ServeHTTP(w, r)
	}))
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	for _, to := range []string{
		"127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port, "[::ffff:127.0.0.1]:" + port, "127.1.2.3:" + port, "0.0.0.0:" + port,
		"10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]",
	} {
		outside := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+to+r.URL.EscapedPath(), http.StatusFound)
		}))
		for _, local := range []bool{false, true} {
			if local && !strings.HasPrefix(to, "127.0.0.1") {
				continue
			}
			rings.Store(0)
			s, err := New("http://public.example/?key=secret", info, "", local)
			if err != nil {
				t.Fatal(err)
			}
			usual := s.client.Transport.(*http.Transport)
			dial := usual.DialContext
			usual.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasPrefix(address, "public.example:") {
					return net.Dial(network, outside.Listener.Addr().String())
				}
				return dial(ctx, network, address)
			}
			got, err := read(s, 70_000, 1000)
			s.Close()
			if !local && (!errors.Is(err, ErrAddress) || rings.Load() > 0) {
				t.Errorf("redirected to %s: %v, contacted %d times", to, err, rings.Load())
			}
			if local && (err != nil || !bytes.Equal(got, data[70_000:71_000])) {
				t.Errorf("allowed, and yet %d bytes, %v", len(got), err)
			}
		}
	}
}

// A server that sends a byte now and then, or nothing, is given up; one that is merely slow is not.
func TestSlowServers(t *testing.T) {
	for every, want := range map[time.Duration]error{time.Second: ErrSlow, runTimeout / 20: nil, time.Hour: ErrSlow} {
		synctest.Test(t, func(t *testing.T) {
			const length = 10_000
			info := &metainfo.Info{SingleFile: true, Files: []metainfo.File{{Path: "x", Length: length}}}
			info.Layout, _ = layout.New(32<<10, []layout.File{{Path: "x", Length: length}})
			s, err := New("http://h/x", info, "", false)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			drop := 1
			if want == nil {
				drop = length / 10
			}
			s.client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					defer theirs.Close()
					theirs.Read(make([]byte, 4096))
					fmt.Fprintf(theirs, "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes 0-%d/%d\r\n\r\n", length, length-1, length)
					for sent := 0; sent < length; sent += drop {
						time.Sleep(every)
						if _, err := theirs.Write(make([]byte, drop)); err != nil {
							return
						}
					}
				}()
				return ours, nil
			}
			begin := time.Now()
			_, err = read(s, 0, length)
			if !errors.Is(err, want) || time.Since(begin) > runTimeout {
				t.Errorf("a piece of %d bytes every %v: %v after %v", drop, every, err, time.Since(begin))
			}
		})
	}
}
