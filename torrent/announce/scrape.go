package announce

import (
	"strings"

	"groove/torrent/bencode"
	"groove/torrent/infohash"
)

// Scraped is what a scrape tells about one torrent.
type Scraped struct {
	Hash infohash.Short
	Counts
}

// ScrapeURL derives where a tracker is scraped: the last part of the path must begin with
// "announce" (BEP 48). Over UDP a scrape goes where the announces go.
func ScrapeURL(announceURL string) (url string, ok bool) {
	if strings.HasPrefix(announceURL, "udp:") {
		return announceURL, true
	}
	path, query, hasQuery := strings.Cut(announceURL, "?")
	slash := strings.LastIndexByte(path, '/')
	rest, ok := strings.CutPrefix(path[slash+1:], "announce")
	if !ok {
		return "", false
	}
	url = path[:slash+1] + "scrape" + rest
	if hasQuery {
		url += "?" + query
	}
	return url, true
}

// AppendHTTPScrapeQuery appends the query of a scrape, without a "?".
func AppendHTTPScrapeQuery(dst []byte, hashes []infohash.Short) []byte {
	for i, h := range hashes {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = appendEscaped(append(dst, "info_hash="...), h[:])
	}
	return dst
}

// ParseHTTPScrapeQuery reads the hashes of a scrape: one to 128. A scrape of everything is not
// answered here, so a query without a hash is an error.
func ParseHTTPScrapeQuery(query string) ([]infohash.Short, error) {
	var hashes []infohash.Short
	for name, value := range parameters(query) {
		if name != "info_hash" {
			continue
		}
		if len(value) != len(infohash.Short{}) {
			return nil, malformed("info_hash has %d bytes, not 20", len(value))
		}
		if len(hashes) == maxHTTPScrape {
			return nil, malformed("more than %d info_hash", maxHTTPScrape)
		}
		hashes = append(hashes, infohash.Short([]byte(value)))
	}
	if len(hashes) == 0 {
		return nil, malformed("no info_hash")
	}
	return hashes, nil
}

// AppendHTTPScrapeResponse appends the answer to a scrape, keys sorted.
func AppendHTTPScrapeResponse(dst []byte, torrents []Scraped) []byte {
	var files bencode.Builder
	for _, t := range torrents {
		var d bencode.Builder
		count(&d, "complete", t.Seeders)
		count(&d, "downloaded", t.Completed)
		count(&d, "incomplete", t.Leechers)
		count(&d, "downloaders", t.Downloaders)
		files.Raw(string(t.Hash[:]), d.Append(nil))
	}
	var reply bencode.Builder
	return reply.Raw("files", files.Append(nil)).Append(dst)
}

// ParseHTTPScrapeResponse reads the answer to a scrape. Torrents that the tracker does not know
// are missing; counts that it does not tell are Unknown. The error is as ParseHTTPResponse's.
func ParseHTTPScrapeResponse(body []byte) ([]Scraped, error) {
	v, err := readReply(body)
	if err != nil {
		return nil, err
	}
	files := v.Get("files")
	if files.Kind() != bencode.Dict {
		return nil, malformed("the answer to a scrape has no files")
	}
	var torrents []Scraped
	for name, f := range files.Pairs() {
		if len(name) != len(infohash.Short{}) || len(torrents) == maxHTTPScrape {
			continue
		}
		torrents = append(torrents, Scraped{infohash.Short([]byte(name)), Counts{
			Seeders:     countOf(f.Get("complete")),
			Completed:   countOf(f.Get("downloaded")),
			Leechers:    countOf(f.Get("incomplete")),
			Downloaders: countOf(f.Get("downloaders")),
		}})
	}
	return torrents, nil
}
