// Package webseed reads a torrent's bytes from ordinary web servers (BEP 19).
//
// It knows how files lie below a URL, ranges, redirects and which servers may be contacted; it
// refuses to know pieces' hashes and when to ask. Package torrent makes it a peer of the swarm
// that has everything. Offsets are bytes of the torrent, padding included. A Source may be used by
// one goroutine at a time. Start reading at Source.Read.
package webseed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"groove/internal/reach"
	"groove/torrent/layout"
	"groove/torrent/metainfo"
)

// Errors that Read wraps.
var (
	ErrURL     = errors.New("the web seed's address cannot be used")
	ErrAddress = errors.New("the web seed is not in the public network")
	ErrAnswer  = errors.New("the web seed gave another answer than asked for")
	ErrSlow    = errors.New("the web seed is too slow")
)

// Source is one web seed of one torrent.
type Source struct {
	base   *url.URL
	info   *metainfo.Info
	client *http.Client
	agent  string
}

// New prepares a web seed; nothing is contacted yet. local allows servers of private networks and on
// this machine. It returns ErrURL for anything but http and https.
func New(address string, info *metainfo.Info, agent string, local bool) (*Source, error) {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("open web seed: %w", ErrURL) // without the address, which may hold a secret
	}
	dialer := net.Dialer{Timeout: dialTimeout, Control: func(_, at string, _ syscall.RawConn) error {
		return mayContact(at, local)
	}}
	return &Source{base: base, info: info, agent: agent, client: &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: headTimeout,
			MaxResponseHeaderBytes: maxHead, MaxIdleConnsPerHost: 1, DisableCompression: true,
		},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			next.Header.Del("Referer") // the URL may hold a secret
			if len(via) > maxRedirects {
				return fmt.Errorf("%w: it redirects more than %d times", ErrAnswer, maxRedirects)
			}
			return nil
		},
	}}, nil
}

// mayContact is asked with the address that a connection is really made to.
func mayContact(at string, local bool) error {
	peer, err := netip.ParseAddrPort(at)
	if err != nil {
		return err
	}
	if !local && !reach.IsGlobal(peer.Addr()) {
		return fmt.Errorf("%w: %v (--allow-local permits it)", ErrAddress, peer.Addr())
	}
	return nil
}

// Close gives up idle connections.
func (s *Source) Close() { s.client.CloseIdleConnections() }

// Host names the server, without secrets.
func (s *Source) Host() string { return s.base.Host }

// Read gets length bytes from offset off and hands them to take in order, in runs of at most
// 256 KiB; padding comes as zeros. It ends early with take's error, or the server's.
func (s *Source) Read(ctx context.Context, off, length int64, take func([]byte) error) error {
	l := s.info.Layout
	piece := layout.PieceIndex(off / int64(l.PieceLength()))
	begin := int(off - l.Start(piece))
	buf := make([]byte, min(length, maxRun))
	for _, e := range l.Extents(nil, piece, begin, int(length)) {
		if err := s.readExtent(ctx, e, buf, take); err != nil {
			return err
		}
	}
	return nil
}

// readExtent gets one run of one file.
func (s *Source) readExtent(ctx context.Context, e layout.Extent, buf []byte, take func([]byte) error) error {
	if s.info.Files[e.File].Pad {
		return pass(zeros{}, e.Length, buf, take)
	}
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	body, err := s.open(ctx, e)
	if err != nil {
		return fmt.Errorf("read %q from web seed %s: %w", s.info.Files[e.File].Path, s.Host(), err)
	}
	defer body.Close()
	return pass(&impatient{body, hangUp}, e.Length, buf, take)
}

// impatient reads from a server that must fill each run in time.
type impatient struct {
	body   io.Reader
	hangUp func()
}

func (r *impatient) Read(b []byte) (int, error) {
	late := time.AfterFunc(runTimeout, r.hangUp)
	n, err := io.ReadFull(r.body, b)
	if !late.Stop() && err != nil {
		err = ErrSlow
	}
	return n, err
}

// zeros reads as padding.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// pass hands n bytes of r, whose Read fills what it is given, to take.
func pass(r io.Reader, n int64, buf []byte, take func([]byte) error) error {
	for n > 0 {
		run := buf[:min(int64(len(buf)), n)]
		if _, err := r.Read(run); err != nil {
			return err
		}
		if err := take(run); err != nil {
			return err
		}
		n -= int64(len(run))
	}
	return nil
}

// open asks for a range of a file. A server that ignores ranges is accepted only where the whole file
// is wanted.
func (s *Source) open(ctx context.Context, e layout.Extent) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.fileURL(e.File), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrURL, err)
	}
	request.Header.Set("User-Agent", s.agent)
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", e.Offset, e.Offset+e.Length-1))
	reply, err := s.client.Do(request)
	if err != nil {
		return nil, plain(err)
	}
	whole := e.Offset == 0 && e.Length == s.info.Files[e.File].Length
	switch {
	case reply.StatusCode == http.StatusPartialContent && rangeIs(reply.Header.Get("Content-Range"), e):
		return reply.Body, nil
	case reply.StatusCode == http.StatusOK && whole && reply.ContentLength == e.Length:
		return reply.Body, nil
	}
	reply.Body.Close()
	return nil, fmt.Errorf("%w: %s", ErrAnswer, reply.Status)
}

// plain takes the URL, which may hold a secret, out of an error.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// rangeIs reports whether a Content-Range is the one that was asked for.
func rangeIs(header string, e layout.Extent) bool {
	return strings.HasPrefix(header, fmt.Sprintf("bytes %d-%d/", e.Offset, e.Offset+e.Length-1))
}

// fileURL returns where a file lies: the address itself for a single file unless it ends in a slash,
// else below it NAME and the path, as the torrent says them (BEP 19).
func (s *Source) fileURL(i int) string {
	u := *s.base
	if s.info.SingleFile && !strings.HasSuffix(u.Path, "/") {
		return u.String()
	}
	parts := append([]string{s.info.RawName}, s.info.Files[i].RawPath...)
	for k, p := range parts {
		parts[k] = url.PathEscape(p)
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/") + "/" + strings.Join(parts, "/")
	u.RawPath = path
	u.Path, _ = url.PathUnescape(path)
	return u.String()
}
