package torrent

import (
	"fmt"
	"time"

	"groove/torrent/swarm"
)

// Stats describes the torrent now. It takes no lock for longer than a look at each peer.
func (t *Torrent) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.swarm.Stats(t.session.clock.Now())
	out := Stats{
		State: t.state, Done: t.done, Total: t.total, Checked: t.checked,
		Down: s.Down, Up: s.Up, DownRate: s.DownRate, UpRate: s.UpRate, Wasted: s.Wasted, Corrupt: s.Corrupt,
		Copies: s.Copies, Seeds: s.Seeds, Pieces: s.Pieces, Have: s.Have, ETA: -1, Err: t.err,
		Trackers: t.trackerStats(),
	}
	if t.paused && t.state != Failed {
		out.State = Paused
	}
	if info := t.info.Load(); info != nil {
		out.Name = info.Name
	}
	for _, p := range s.Peers {
		out.Peers = append(out.Peers, peerStats(p, s.Pieces))
	}
	if left := t.total - t.done; left > 0 && s.DownRate > 0 {
		out.ETA = time.Duration(float64(left) / float64(s.DownRate) * float64(time.Second)).Round(time.Second)
	}
	out.Waiting = t.waiting(out, s)
	return out
}

func peerStats(p swarm.PeerStats, pieces int) PeerStats {
	ps := PeerStats{
		Addr: p.Addr, Client: p.Client, Outgoing: p.Outgoing, Lacks: p.Lacks,
		Down: p.Down, Up: p.Up, DownRate: p.DownRate, UpRate: p.UpRate, Web: p.Web,
	}
	if pieces > 0 {
		ps.Done = float64(p.Have) / float64(pieces)
	}
	return ps
}

// waiting says in a sentence why nothing moves; empty while something does, or nothing is to move.
func (t *Torrent) waiting(s Stats, inside swarm.Stats) string {
	if s.DownRate > 0 || s.State != Downloading && s.State != FetchingMetadata {
		return ""
	}
	if len(s.Peers) == 0 {
		return t.whyNoPeers(s, inside)
	}
	if s.State == FetchingMetadata {
		return "connected, but nobody has sent the torrent's metadata yet"
	}
	if p, ok := t.swarm.Missing(); ok {
		return fmt.Sprintf("nobody connected has %s", t.fileAt(p))
	}
	if s.Seeds == 0 && s.Copies < 1 {
		return "connected, waiting for peers to get more"
	}
	return "connected, waiting for a turn to download"
}

func (t *Torrent) whyNoPeers(s Stats, inside swarm.Stats) string {
	answered, others := 0, 0
	for _, k := range s.Trackers {
		if k.Answered {
			answered++
			others += max(k.Seeders, 0) + max(k.Leechers, 0)
		}
	}
	switch {
	case inside.Dialing > 0:
		return "trying to reach peers"
	case len(s.Trackers) > 0 && answered == 0:
		return "no tracker has answered yet"
	case inside.Known > 0:
		return fmt.Sprintf("none of %d known peers can be reached", inside.Known)
	case answered > 0 && others <= 1:
		return "the tracker knows nobody else; somebody has to share it"
	case answered > 0:
		return "the tracker answered, but named nobody who can be reached"
	}
	return "no tracker and no peers are known"
}
