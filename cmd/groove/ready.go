package main

import (
	"net/netip"
	"path/filepath"

	"groove/torrent/infohash"
	"groove/torrent/metainfo"
)

// readyOf makes the event of a torrent whose metadata is known. A private one has no magnet link:
// its info dictionary is not for strangers.
func readyOf(event string, m *metainfo.Metainfo, path string, listen []netip.AddrPort) readyEvent {
	r := readyEvent{Event: event, Name: &m.Info.Name, Listen: addrStrings(listen), Trackers: notNil(m.Trackers)}
	r.V1, r.V2 = hashesOf(m.Info.ID)
	if !m.Info.Private {
		link := m.Magnet().String()
		r.Magnet = &link
	}
	if path != "" {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		r.Torrent = &path
	}
	return r
}

// magnetReady makes the event of a torrent of which only a link is known.
func magnetReady(m *metainfo.Magnet, listen []netip.AddrPort) readyEvent {
	link := m.String()
	r := readyEvent{Event: "ready", Magnet: &link, Listen: addrStrings(listen), Trackers: magnetTiers(m)}
	r.V1, r.V2 = hashesOf(m.ID)
	return r
}

// magnetTiers makes each tracker of a link a tier of its own.
func magnetTiers(m *metainfo.Magnet) [][]string {
	tiers := [][]string{}
	for _, u := range m.Trackers {
		tiers = append(tiers, []string{u})
	}
	return tiers
}

// hashesOf returns the names of a torrent as lower-case hex, nil where it has none.
func hashesOf(id infohash.ID) (v1, v2 *string) {
	if h, ok := id.V1(); ok {
		s := h.String()
		v1 = &s
	}
	if h, ok := id.V2(); ok {
		s := h.String()
		v2 = &s
	}
	return v1, v2
}

func addrStrings(list []netip.AddrPort) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

// notNil makes JSON write [] for an empty list.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
