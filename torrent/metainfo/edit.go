package metainfo

import (
	"fmt"
	"strings"
)

// SetTrackers replaces the tiers. URLs begin with udp, http, https, ws or wss; else nothing is
// changed and the error says which is wrong. The info dictionary stays as it is, as with every
// edit, so the torrent keeps its ID.
func (m *Metainfo) SetTrackers(tiers [][]string) error {
	for _, tier := range tiers {
		if err := checkURLs(tier, "udp", "http", "https", "ws", "wss"); err != nil {
			return err
		}
	}
	m.Trackers = cleanTiers(tiers)
	return nil
}

// SetWebSeeds replaces the web seeds, http or https. Those of a folder get a slash at their end.
func (m *Metainfo) SetWebSeeds(urls []string) error {
	if err := checkURLs(urls, "http", "https"); err != nil {
		return err
	}
	m.WebSeeds = m.Info.cleanWebSeeds(urls)
	return nil
}

// SetComment replaces the comment; "" takes it away.
func (m *Metainfo) SetComment(text string) { m.Comment = cleanText(text) }

func checkURLs(urls []string, schemes ...string) error {
	for _, raw := range urls {
		url, ok := cleanURL(raw)
		scheme, rest, found := strings.Cut(url, "://")
		known := false
		for _, s := range schemes {
			known = known || strings.EqualFold(s, scheme)
		}
		if !ok || !found || !known || rest == "" || rest[0] == '/' {
			return fmt.Errorf("%q is no URL that begins with %s://", raw, strings.Join(schemes, "://, "))
		}
	}
	return nil
}

// Magnet returns the magnet link of the torrent, without peers and selection.
func (m *Metainfo) Magnet() Magnet {
	magnet := Magnet{ID: m.Info.ID, Name: m.Info.Name, WebSeeds: m.WebSeeds, Length: m.Info.Layout.DataTotal()}
	for _, tier := range m.Trackers {
		magnet.Trackers = append(magnet.Trackers, tier...)
	}
	return magnet
}
