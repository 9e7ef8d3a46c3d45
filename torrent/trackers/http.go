package trackers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"

	"groove/torrent/announce"
)

func (c *call) announceHTTP(ctx context.Context, to netip.Addr) (announce.Response, error) {
	body, status, err := c.get(ctx, to, string(announce.AppendHTTPQuery(nil, c.request)))
	if err != nil {
		return announce.Response{}, err
	}
	r, err := announce.ParseHTTPResponse(body)
	return r, unlessRefused(status, err)
}

func (c *call) scrapeHTTP(ctx context.Context, to netip.Addr) ([]announce.Scraped, error) {
	body, status, err := c.get(ctx, to, string(announce.AppendHTTPScrapeQuery(nil, c.hashes)))
	if err != nil {
		return nil, err
	}
	scraped, err := announce.ParseHTTPScrapeResponse(body)
	return scraped, unlessRefused(status, err)
}

// unlessRefused prefers the tracker's words to the status, and the status to "not bencoding".
func unlessRefused(status string, err error) error {
	if _, refused := errors.AsType[*announce.Failure](err); refused || status == "" {
		return err
	}
	return fmt.Errorf("it answered %s", status)
}

// get asks over one address family. status is empty if it is 200 OK.
func (c *call) get(ctx context.Context, to netip.Addr, query string) (body []byte, status string, err error) {
	where := *c.url
	if where.RawQuery != "" {
		query = where.RawQuery + "&" + query
	}
	where.RawQuery = query
	allowed := c.leave()
	for range maxRedirects + 1 {
		next, body, status, err := c.roundTrip(ctx, familyOf(to), allowed, &where)
		if err != nil || next == nil {
			return body, status, cause(ctx, err)
		}
		where = *next
		allowed = leave{local: c.shell.cfg.AllowLocal, any: true}
	}
	return nil, "", errRedirect
}

// roundTrip makes one request; next is where it was redirected to. Each has a transport of its
// own: announces are too rare for connections that stay, and one that was made for a URL of the
// user must never serve a stranger's.
func (c *call) roundTrip(ctx context.Context, f family, allowed leave, to *url.URL) (next *url.URL, body []byte, status string, err error) {
	dialer := net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		peer, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return allowed.check(peer.Addr())
	}}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, f.network("tcp"), address)
		},
		TLSHandshakeTimeout: dialTimeout, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeaderBytes,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "", nil)
	if err != nil {
		return nil, nil, "", err
	}
	request.URL = to
	request.Header.Set("User-Agent", c.shell.cfg.UserAgent)
	if u := to.User; u != nil {
		password, _ := u.Password()
		request.SetBasicAuth(u.Username(), password)
	}
	reply, err := transport.RoundTrip(request)
	if err != nil {
		return nil, nil, "", err
	}
	defer reply.Body.Close()
	if isRedirect(reply.StatusCode) {
		next, err = follow(to, reply.Header.Get("Location"))
		return next, nil, "", err
	}
	if reply.StatusCode != http.StatusOK {
		status = fmt.Sprintf("%d %s", reply.StatusCode, http.StatusText(reply.StatusCode))
	}
	body, err = io.ReadAll(io.LimitReader(reply.Body, announce.MaxReply+1))
	if err == nil && len(body) > announce.MaxReply {
		err = errTooLong
	}
	return nil, body, status, err
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow resolves where a redirect leads. Its text may hold the key, so no error shows it.
func follow(from *url.URL, location string) (*url.URL, error) {
	next, err := from.Parse(location)
	if err != nil || next.Hostname() == "" || next.Scheme != "http" && next.Scheme != "https" {
		return nil, fmt.Errorf("%w: it redirects to no web address", ErrURL)
	}
	return next, nil
}
