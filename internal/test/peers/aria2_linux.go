package peers

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
)

// aria2 drives aria2c by its JSON-RPC.
type aria2 struct {
	http *http.Client
	url  string
	gid  string // its name for the download
	had  int64  // bytes that were there when it began: it counts them as completed
}

func (c *aria2) start(p *Peer) error {
	o, rpcPort := p.options, p.options.Port+10_000
	c.http, c.url, c.had = httpIn(p.Node), fmt.Sprintf("http://127.0.0.1:%d/jsonrpc", rpcPort), -1
	err := p.run("aria2c", "--no-conf", "--enable-rpc", fmt.Sprintf("--rpc-listen-port=%d", rpcPort), "--rpc-save-upload-metadata=false",
		"--dir="+o.Dir, fmt.Sprintf("--listen-port=%d", o.Port), "--check-integrity=true", "--allow-overwrite=true",
		"--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
		"--file-allocation=none", "--auto-save-interval=0", "--follow-torrent=mem", "--bt-max-peers=0",
		"--seed-ratio=0", // it seeds for ever
		fmt.Sprintf("--max-overall-upload-limit=%dK", o.Up), fmt.Sprintf("--max-overall-download-limit=%dK", o.Down),
		"--summary-interval=0", "--console-log-level=notice")
	if err != nil {
		return err
	}
	if err := p.patiently(func() error { return c.call("aria2.getVersion", &struct{}{}) }); err != nil {
		return err
	}
	if o.Magnet != "" {
		return c.call("aria2.addUri", &c.gid, []string{o.Magnet})
	}
	torrent, err := os.ReadFile(o.Torrent)
	if err != nil {
		return err
	}
	return c.call("aria2.addTorrent", &c.gid, base64.StdEncoding.EncodeToString(torrent))
}

func (c *aria2) call(method string, out any, params ...any) error {
	if params == nil {
		params = []any{}
	}
	answer := struct{ Result any }{out}
	_, err := postJSON(c.http, c.url, nil, map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, &answer)
	return err
}

type aria2Status struct {
	Status, ErrorMessage, TotalLength, CompletedLength, UploadLength, Connections, VerifiedLength string

	FollowedBy []string
	BitTorrent struct{ Info *struct{ Name string } }
}

func (c *aria2) stats(*Peer) (Stats, error) {
	var s aria2Status
	if err := c.call("aria2.tellStatus", &s, c.gid); err != nil {
		return Stats{}, err
	}
	if len(s.FollowedBy) > 0 { // the metadata is there; the download proper has another name
		c.gid = s.FollowedBy[0]
		return Stats{}, errors.New("it goes from metadata to data")
	}
	if s.VerifiedLength != "" || s.BitTorrent.Info == nil {
		return Stats{State: "checks, or has no metadata"}, nil
	}
	total, have := number(s.TotalLength), number(s.CompletedLength)
	if c.had < 0 {
		c.had = have
	}
	return Stats{
		Done: total > 0 && have == total, Progress: float64(have) / float64(max(total, 1)),
		Down: have - c.had, Up: number(s.UploadLength), Peers: int(number(s.Connections)),
		State: s.Status + " " + s.ErrorMessage,
	}, nil
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func (c *aria2) quit(*Peer) {}
