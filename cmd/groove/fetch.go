package main

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

	"groove/torrent"
)

// Bounds of fetching a torrent file.
const (
	fetchTimeout   = 30 * time.Second
	fetchRedirects = 5
)

var errLocalRedirect = errors.New("the server leads to an address of a private network")

// fetch gets a torrent file by HTTP. The host that the user named may be local; hosts that a
// redirect names may not, unless allowLocal.
func fetch(ctx context.Context, link string, allowLocal bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	data, err := get(ctx, link, allowLocal)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(context.Cause(ctx), errInterrupted):
		return nil, errInterrupted
	case errors.Is(err, errLocalRedirect):
		return nil, fail("local_redirect", "if you trust it, add --allow-local", "fetch %s: %w", hideInURL(link), err)
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %v", fetchTimeout)
	}
	return nil, fail("fetch_failed", "try the address in a browser; a torrent file or magnet link from there will do, too",
		"fetch %s: %w", hideInURL(link), err)
}

func get(ctx context.Context, link string, allowLocal bool) ([]byte, error) {
	client := fetchClient(link, allowLocal)
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, errors.New("this is no URL")
	}
	req.Header.Set("User-Agent", "Groove/"+torrent.Version)
	resp, err := client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxTorrentBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off: %w", err)
	}
	return data, nil
}

// fetchClient goes where link says, and follows a few redirects.
func fetchClient(link string, allowLocal bool) *http.Client {
	named := "" // the host that the user named
	if u, err := url.Parse(link); err == nil {
		named = dialAddress(u)
	}
	free := &net.Dialer{Timeout: fetchTimeout}
	guarded := &net.Dialer{Timeout: fetchTimeout, Control: refuseLocal}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if allowLocal || addr == named || isProxy(addr) {
				return free.DialContext(ctx, network, addr)
			}
			return guarded.DialContext(ctx, network, addr)
		},
		TLSHandshakeTimeout:    fetchTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

// isProxy reports whether the environment names addr as a proxy: that one is the user's choice too.
func isProxy(addr string) bool {
	for _, scheme := range []string{"http", "https"} {
		req := &http.Request{URL: &url.URL{Scheme: scheme, Host: "example.org"}}
		if u, err := http.ProxyFromEnvironment(req); err == nil && u != nil && dialAddress(u) == addr {
			return true
		}
	}
	return false
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > fetchRedirects {
		return fmt.Errorf("it leads on more than %d times", fetchRedirects)
	}
	switch req.URL.Scheme {
	case "http", "https":
		return nil
	case "magnet":
		return errors.New("it leads to a magnet link; give that one to groove get")
	}
	return fmt.Errorf("it leads to an address that begins with %q", req.URL.Scheme)
}

// refuseLocal looks at the address after names are resolved, so that no name can hide one.
func refuseLocal(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := a.Addr().Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || isCarrier(ip) {
		return errLocalRedirect
	}
	return nil
}

// isCarrier reports whether ip is of the network between a provider and its customers (RFC 6598).
func isCarrier(ip netip.Addr) bool { return netip.MustParsePrefix("100.64.0.0/10").Contains(ip) }

func dialAddress(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// withoutURL takes the URL off an error of http: it may hold a key.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}
