package trackers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"groove/torrent/announce"
)

func (c *call) announceUDP(ctx context.Context, to netip.Addr) (announce.Response, error) {
	r := c.request
	r.URLData = urlData(c)
	reply, err := c.askUDP(ctx, to, announce.ActionAnnounce, func(id uint64, transaction uint32) []byte {
		return announce.AppendUDPAnnounce(nil, id, transaction, r)
	})
	return reply.Response, err
}

func (c *call) scrapeUDP(ctx context.Context, to netip.Addr) ([]announce.Scraped, error) {
	hashes := c.hashes[:min(len(c.hashes), announce.MaxUDPScrape)]
	reply, err := c.askUDP(ctx, to, announce.ActionScrape, func(id uint64, transaction uint32) []byte {
		return announce.AppendUDPScrape(nil, id, transaction, hashes)
	})
	if err != nil {
		return nil, err
	}
	var scraped []announce.Scraped
	for i, counts := range reply.Scrape[:min(len(reply.Scrape), len(hashes))] {
		scraped = append(scraped, announce.Scraped{Hash: hashes[i], Counts: counts})
	}
	return scraped, nil
}

// urlData is what of the URL goes into an announce: path and query (BEP 41).
func urlData(c *call) string {
	data := c.url.EscapedPath()
	if c.url.RawQuery != "" {
		data += "?" + c.url.RawQuery
	}
	if data == "/" {
		return ""
	}
	return data
}

// askUDP makes a request with a connection ID. A kept ID that the tracker refuses may have
// lapsed, or the tracker was started anew; then one fresh ID is tried.
func (c *call) askUDP(ctx context.Context, to netip.Addr, want announce.Action, build func(uint64, uint32) []byte) (announce.UDPReply, error) {
	port, err := strconv.ParseUint(c.url.Port(), 10, 16)
	if err != nil || port == 0 {
		return announce.UDPReply{}, fmt.Errorf("%w: its port is none", ErrURL)
	}
	tracker := netip.AddrPortFrom(to, uint16(port))
	socket, err := c.shell.udp[familyOf(to)].opened(familyOf(to))
	if err != nil {
		return announce.UDPReply{}, err
	}
	for {
		id, kept := c.shell.ids.get(tracker, time.Now())
		if !kept {
			if id, err = c.connect(ctx, socket, tracker); err != nil {
				return announce.UDPReply{}, err
			}
		}
		reply, err := socket.exchange(ctx, c.shell.wait, tracker, want, func(transaction uint32) []byte { return build(id, transaction) })
		if err == nil {
			return reply, nil
		}
		c.shell.ids.forget(tracker)
		if _, refused := errors.AsType[*announce.Failure](err); !refused || !kept {
			return reply, err
		}
	}
}

func (c *call) connect(ctx context.Context, socket *udpSocket, tracker netip.AddrPort) (uint64, error) {
	asked := time.Now()
	reply, err := socket.exchange(ctx, c.shell.wait, tracker, announce.ActionConnect, func(transaction uint32) []byte {
		return announce.AppendUDPConnect(nil, transaction)
	})
	if err != nil {
		return 0, err
	}
	c.shell.ids.put(tracker, reply.ConnectionID, asked)
	return reply.ConnectionID, nil
}
