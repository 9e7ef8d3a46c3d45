package main

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"syscall"

	"groove/torrent"
	"groove/torrent/infohash"
	"groove/torrent/metainfo"
)

// session is what the commands need of the engine.
type session interface {
	Add(torrent.AddOptions) (job, error)
	Addrs() []netip.AddrPort
	Close() error
}

// job is one torrent of a session.
type job interface {
	ID() infohash.ID
	Metainfo() *metainfo.Metainfo // nil while unknown
	Stats() torrent.Stats
	Events() <-chan torrent.Event
}

type opener func(torrent.Config) (session, error)

// engine is the real session.
type engine struct{ *torrent.Session }

func (s engine) Add(o torrent.AddOptions) (job, error) {
	t, err := s.Session.Add(o)
	if err != nil {
		return nil, err
	}
	return t, nil
}

func openSession(cfg torrent.Config) (session, error) {
	s, err := torrent.Open(cfg)
	if err != nil {
		return nil, err
	}
	return engine{s}, nil
}

// portTries is how many ports above a default one are tried before the system may choose.
const portTries = 20

// listenOn calls open with the address that was asked for, or else with the default port, the ones
// above it, and any free one; it says which it became if that is not the default.
func listenOn[T any](s *speaker, what string, asked listenAddr, port int, open func(addr string) (T, error)) (T, error) {
	if asked != "" {
		got, err := open(string(asked))
		if isBusy(err) {
			err = fail("port_in_use", "another program has this port; choose another one, or :0 for any", "listen for %s on %s: %w", what, asked, err)
		}
		return got, err
	}
	for next := port; next < port+portTries; next++ {
		got, err := open(fmt.Sprintf(":%d", next))
		if isBusy(err) {
			continue
		}
		if err == nil && next != port {
			s.note("port %d is busy; using %d for %s", port, next, what)
		}
		return got, err
	}
	s.note("ports %d to %d are busy; using any free one for %s", port, port+portTries-1, what)
	return open(":0")
}

// isBusy reports whether an error says that a port is taken. Windows has numbers of its own, one of
// them for ports that it keeps for itself.
func isBusy(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && (errno == syscall.EADDRINUSE || runtime.GOOS == "windows" && (errno == 10048 || errno == 10013))
}
