package peers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

// transmission drives transmission-daemon by its RPC.
// It takes 10 s before it asks a new peer for anything, and never dials loopback addresses.
type transmission struct {
	http    *http.Client
	url     string
	session string // the RPC wants it back in every request
	hash    string
}

const sessionHeader = "X-Transmission-Session-Id"

func (c *transmission) start(p *Peer) error {
	rpcPort := p.options.Port + 10_000
	c.http, c.url = httpIn(p.Node), fmt.Sprintf("http://127.0.0.1:%d/transmission/rpc", rpcPort)
	if err := c.writeSettings(p, rpcPort); err != nil {
		return err
	}
	if err := p.run("transmission-daemon", "-f", "-g", p.state); err != nil {
		return err
	}
	if err := p.patiently(func() error { return c.call("session-get", nil, &struct{}{}) }); err != nil {
		return err
	}
	source := p.options.Torrent
	if source == "" {
		source = p.options.Magnet
	}
	var added map[string]struct{ HashString string }
	if err := c.call("torrent-add", map[string]any{"filename": source, "download-dir": p.options.Dir}, &added); err != nil {
		return err
	}
	for _, torrent := range added {
		c.hash = torrent.HashString
	}
	return nil
}

func (c *transmission) writeSettings(p *Peer, rpcPort int) error {
	o := p.options
	text, err := json.Marshal(map[string]any{
		"peer-port": o.Port, "peer-port-random-on-start": false, "download-dir": o.Dir,
		"dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false, "port-forwarding-enabled": false,
		"incomplete-dir-enabled": false, "rename-partial-files": false, "preallocation": 0,
		"speed-limit-up": o.Up, "speed-limit-up-enabled": o.Up > 0, "speed-limit-down": o.Down, "speed-limit-down-enabled": o.Down > 0,
		"ratio-limit-enabled": false, "idle-seeding-limit-enabled": false, "blocklist-enabled": false,
		"rpc-enabled": true, "rpc-bind-address": "127.0.0.1", "rpc-port": rpcPort, "rpc-authentication-required": false,
		"rpc-whitelist-enabled": false, "rpc-host-whitelist-enabled": false,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(p.path("settings.json"), text, 0o600)
}

// call makes one RPC. The first answer of a session is 409 with the header to repeat.
func (c *transmission) call(method string, arguments map[string]any, out any) error {
	request := map[string]any{"method": method, "arguments": arguments}
	answer := struct {
		Result    string
		Arguments any
	}{Arguments: out}
	for {
		response, err := postJSON(c.http, c.url, map[string]string{sessionHeader: c.session}, request, &answer)
		if response != nil && response.StatusCode == http.StatusConflict && c.session != response.Header.Get(sessionHeader) {
			c.session = response.Header.Get(sessionHeader)
			continue
		}
		if err == nil && answer.Result != "success" {
			err = fmt.Errorf("%s: %s", method, answer.Result)
		}
		return err
	}
}

const transmissionSeeds = 6 // its status when it seeds

func (c *transmission) stats(*Peer) (Stats, error) {
	var answer struct {
		Torrents []struct {
			PercentDone, MetadataPercentComplete float64
			LeftUntilDone                        int64
			DownloadedEver, UploadedEver         int64
			Status, PeersConnected               int
			ErrorString                          string
		}
	}
	err := c.call("torrent-get", map[string]any{"ids": []string{c.hash}, "fields": []string{"percentDone", "leftUntilDone",
		"metadataPercentComplete", "status", "downloadedEver", "uploadedEver", "peersConnected", "errorString"}}, &answer)
	if err != nil {
		return Stats{}, err
	}
	if len(answer.Torrents) == 0 {
		return Stats{}, fmt.Errorf("it lost its torrent")
	}
	t := answer.Torrents[0]
	return Stats{
		Done:     t.MetadataPercentComplete == 1 && t.LeftUntilDone == 0 && t.Status == transmissionSeeds,
		Progress: t.PercentDone, Down: t.DownloadedEver, Up: t.UploadedEver, Peers: t.PeersConnected,
		State: fmt.Sprintf("status %d %s", t.Status, t.ErrorString),
	}, nil
}

func (c *transmission) quit(*Peer) { c.call("session-close", nil, &struct{}{}) }
