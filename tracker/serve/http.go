package serve

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"

	"golang.org/x/net/netutil"

	"groove/torrent/announce"
)

// newWeb makes the HTTP server. A key behind the path is taken and means nothing here.
func (s *Server) newWeb() *http.Server {
	mux := http.NewServeMux()
	for path, handler := range map[string]http.HandlerFunc{"announce": s.serveAnnounce, "scrape": s.serveScrape} {
		mux.HandleFunc("GET /"+path, handler) // each pattern is its own: order cannot show
		mux.HandleFunc("GET /"+path+"/{key}", handler)
	}
	web := &http.Server{
		Handler: mux, ReadHeaderTimeout: headTimeout, ReadTimeout: connTimeout, WriteTimeout: connTimeout,
		MaxHeaderBytes: maxHeadBytes, ConnState: s.watch, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	web.SetKeepAlivesEnabled(false) // the next announce of a peer is half an hour away
	return web
}

// limited bounds the connections of a listener.
func limited(l net.Listener) net.Listener { return netutil.LimitListener(l, maxConns) }

// watch counts connections, so that Close can wait for them.
func (s *Server) watch(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

func (s *Server) serveAnnounce(w http.ResponseWriter, r *http.Request) {
	who, ok := callerOf(r)
	if !ok {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	request, err := announce.ParseHTTPQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, err.Error())
		return
	}
	response, ok := s.announce(nil, who, request, maxPeersHTTP)
	if !ok {
		refuse(w, notServed)
		return
	}
	reply(w, announce.AppendHTTPResponse(nil, response, request.Compact))
}

func (s *Server) serveScrape(w http.ResponseWriter, r *http.Request) {
	who, ok := callerOf(r)
	if !ok {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	hashes, err := announce.ParseHTTPScrapeQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, err.Error())
		return
	}
	var known []announce.Scraped
	for _, h := range hashes {
		if counts, ok := s.scrape(who, h); ok {
			known = append(known, announce.Scraped{Hash: h, Counts: counts})
		}
	}
	reply(w, announce.AppendHTTPScrapeResponse(nil, known))
}

// notServed is what a client reads that asks for a torrent of somebody else.
const notServed = "this tracker does not serve that torrent"

// refuse answers what cannot get better by asking again.
func refuse(w http.ResponseWriter, reason string) {
	reply(w, announce.AppendHTTPFailure(nil, announce.Failure{Reason: reason, RetryIn: announce.Never}))
}

func reply(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// callerOf reads the two ends of a request's connection.
func callerOf(r *http.Request) (caller, bool) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return caller{}, false
	}
	who := caller{from: clean(from.Addr())}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		who.local = clean(local.AddrPort().Addr())
	}
	return who, true
}

// clean brings an address into the form that peers are told.
func clean(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
