package metainfo

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"groove/torrent/bencode"
	"groove/torrent/infohash"
)

// known are the keys of a torrent file that mean something here. Others are kept as they are.
var known = []string{
	"announce", "announce-list", "comment", "comment.utf-8", "created by", "creation date",
	"info", "nodes", "piece layers", "url-list",
}

// readAround reads what stands around the info dictionary. None of it can make a torrent invalid:
// what is not understood is left out.
func (m *Metainfo) readAround(v bencode.Value) {
	m.Trackers = readTrackers(v)
	m.readWebSeeds(v.Get("url-list"))
	m.readNodes(v.Get("nodes"))
	m.Comment = cleanText(textOf(v.Get("comment.utf-8")))
	if m.Comment == "" {
		m.Comment = cleanText(textOf(v.Get("comment")))
	}
	m.CreatedBy = cleanText(textOf(v.Get("created by")))
	m.CreationDate, _ = v.Get("creation date").Int()
	m.CreationDate = max(m.CreationDate, 0)
	m.Similar = readSimilar(slices.Clone(m.Info.similar), v.Get("similar"))
	m.Collections = readTexts(slices.Clone(m.Info.collections), v.Get("collections"))
	m.keepExtra(v)
}

func (m *Metainfo) keepExtra(v bencode.Value) {
	room := maxExtra
	for key, value := range v.Pairs() {
		if slices.Contains(known, key) {
			continue
		}
		room -= len(key) + len(value.Raw())
		if room < 0 {
			m.Flaws = append(m.Flaws, "unknown keys are too long to be kept")
			return
		}
		m.extra = append(m.extra, pair{key, canonical(nil, value)})
	}
}

// readTrackers reads the tiers (BEP 12), or else the one tracker of BEP 3. A URL in a list that
// should hold tiers is taken for a tier.
func readTrackers(v bencode.Value) [][]string {
	var tiers [][]string
	for item := range v.Get("announce-list").Items() {
		urls := []string{textOf(item)}
		for url := range item.Items() {
			urls = append(urls, textOf(url))
		}
		tiers = append(tiers, urls)
	}
	if tiers = cleanTiers(tiers); len(tiers) > 0 {
		return tiers
	}
	return cleanTiers([][]string{{textOf(v.Get("announce"))}})
}

// cleanTiers trims URLs and leaves out empty ones, those that were named before and what is left
// empty by that.
func cleanTiers(tiers [][]string) [][]string {
	var clean [][]string
	seen := map[string]bool{}
	for _, tier := range tiers {
		var urls []string
		for _, url := range tier {
			url, ok := cleanURL(url)
			if ok && !seen[url] && len(seen) < maxURLs {
				seen[url] = true
				urls = append(urls, url)
			}
		}
		if len(urls) > 0 {
			clean = append(clean, urls)
		}
	}
	return clean
}

// cleanURL trims a URL and encodes its spaces. It reports false for what is empty, too long, or
// could not be printed.
func cleanURL(url string) (string, bool) {
	url = strings.ReplaceAll(strings.TrimSpace(url), " ", "%20")
	bad := strings.ContainsFunc(url, func(r rune) bool { return isControl(r) || r == utf8.RuneError })
	return url, url != "" && len(url) <= maxURL && !bad
}

// readWebSeeds reads a string or a list of them (BEP 19).
func (m *Metainfo) readWebSeeds(v bencode.Value) {
	urls := []string{textOf(v)}
	for item := range v.Items() {
		urls = append(urls, textOf(item))
	}
	m.WebSeeds = m.Info.cleanWebSeeds(urls)
}

// cleanWebSeeds ends the URLs of a folder in a slash, and leaves out what is no URL or twice.
func (info *Info) cleanWebSeeds(urls []string) []string {
	var clean []string
	seen := map[string]bool{}
	for _, url := range urls {
		url, ok := cleanURL(url)
		if ok && !info.SingleFile && !strings.HasSuffix(url, "/") {
			url += "/"
		}
		if ok && !seen[url] && len(clean) < maxURLs {
			seen[url] = true
			clean = append(clean, url)
		}
	}
	return clean
}

// readNodes reads pairs of host and port (BEP 5).
func (m *Metainfo) readNodes(v bencode.Value) {
	for item := range v.Items() {
		var fields []bencode.Value
		for field := range item.Items() {
			fields = append(fields, field)
			if len(fields) > 2 {
				break
			}
		}
		if len(fields) != 2 || len(m.Nodes) == maxURLs {
			continue
		}
		port, _ := fields[1].Int()
		host, ok := cleanURL(textOf(fields[0]))
		if ok && 0 < port && port < 1<<16 {
			m.Nodes = append(m.Nodes, joinHostPort(strings.Trim(host, "[]"), port))
		}
	}
}

func joinHostPort(host string, port int64) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.FormatInt(port, 10)
}

// readSimilar appends the info-hashes of a list (BEP 38).
func readSimilar(ids []infohash.ID, v bencode.Value) []infohash.ID {
	for item := range v.Items() {
		b, _ := item.Bytes()
		switch {
		case len(ids) == maxCollections:
			return ids
		case len(b) == len(infohash.V1{}):
			ids = append(ids, infohash.FromV1(infohash.V1(b)))
		case len(b) == len(infohash.V2{}):
			ids = append(ids, infohash.FromV2(infohash.V2(b)))
		}
	}
	return ids
}

// readTexts appends the texts of a list.
func readTexts(texts []string, v bencode.Value) []string {
	for item := range v.Items() {
		if s := cleanText(textOf(item)); s != "" && len(texts) < maxCollections {
			texts = append(texts, s)
		}
	}
	return texts
}

// textOf returns a string, or "" for what is none.
func textOf(v bencode.Value) string {
	s, _ := v.Str()
	return s
}

// cleanText makes a text fit to be shown: UTF-8, no control characters but line ends and tabs,
// not too long.
func cleanText(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
