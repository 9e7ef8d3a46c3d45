package main

import (
	"path/filepath"
	"strings"

	"groove/torrent"
)

// farewell sums up an open window.
func farewell(s *speaker, stats torrent.Stats) {
	if s.people() && stats.Total > 0 {
		s.say("Your window is closed; you gave %s, %.2f copies.", humanBytes(stats.Up), float64(stats.Up)/float64(stats.Total))
	}
}

// link is the magnet link of what is shared, with our addresses; empty for a private torrent.
func (sh *sharing) link() string {
	if sh.meta.Info.Private {
		return ""
	}
	magnet := sh.meta.Magnet()
	magnet.Peers = sh.reach.peers()
	return magnet.String()
}

// tell says how others get it.
func (sh *sharing) tell() error {
	link := sh.link()
	if sh.s.json != nil {
		r := readyOf("ready", sh.meta, sh.out, sh.sess.Addrs())
		r.Magnet = orNull(link)
		sh.s.ready(r)
		return nil
	}
	files := 0
	for _, f := range sh.meta.Info.Files {
		if !f.Pad {
			files++
		}
	}
	info := sh.meta.Info
	sh.s.say("Sharing %s (%s, %s)\n", printable(info.Name), counted(files, "file"), humanBytes(info.Layout.DataTotal()))
	sh.s.say("torrent  %s", printable(sh.out))
	if link == "" {
		sh.s.say("\nIt is private, so there is no magnet link. Send the torrent file to your friends.\n"+
			"They run this, or open it in any BitTorrent client:\n  groove get %q", filepath.Base(sh.out))
	} else {
		sh.s.say("magnet   %s", link)
		sh.s.say("\nSend this line to your friends; any BitTorrent client takes the link, too:\n  groove get \"%s\"", link)
	}
	sh.s.say("\nWho can reach you: %s\n", sh.reach.sentence())
	if sh.f.qr {
		return sh.drawQR(link)
	}
	return nil
}

func (sh *sharing) drawQR(link string) error {
	if link == "" {
		sh.s.note("a private torrent has no link to draw as a QR code")
		return nil
	}
	lines, err := drawQR(link, sh.e.color())
	if err != nil {
		return err
	}
	if width, _, ok := sh.e.size(); ok && width < 2*len(lines) {
		sh.s.note("the QR code is wider than this window: make it wider, or the code cannot be read")
	}
	sh.s.say("%s\n", strings.Join(lines, "\n"))
	return nil
}
