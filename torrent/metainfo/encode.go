package metainfo

import (
	"strconv"
	"strings"

	"groove/torrent/bencode"
)

// Encode returns the torrent file: canonical bencoding around the info dictionary, whose bytes
// are exactly those that were read. Keys that Parse did not understand are kept. The same
// Metainfo gives the same bytes.
func (m *Metainfo) Encode() []byte {
	var b bencode.Builder
	for _, p := range m.extra {
		b.Raw(p.key, p.encoded)
	}
	if len(m.Trackers) > 0 {
		b.String("announce", m.Trackers[0][0])
		if len(m.Trackers) > 1 || len(m.Trackers[0]) > 1 {
			b.Raw("announce-list", encodeTiers(m.Trackers))
		}
	}
	if m.Comment != "" {
		b.String("comment", m.Comment)
	}
	if m.CreatedBy != "" {
		b.String("created by", m.CreatedBy)
	}
	if m.CreationDate != 0 {
		b.Int("creation date", m.CreationDate)
	}
	b.Raw("info", m.Info.Raw)
	if len(m.Nodes) > 0 {
		b.Raw("nodes", encodeNodes(m.Nodes))
	}
	if m.Info.HasV2 {
		b.Raw("piece layers", m.Info.encodeLayers())
	}
	if len(m.WebSeeds) > 0 {
		b.Strings("url-list", m.WebSeeds)
	}
	return b.Append(nil)
}

func encodeTiers(tiers [][]string) []byte {
	list := make([][]byte, len(tiers))
	for i, tier := range tiers {
		list[i] = bencode.AppendStrings(nil, tier)
	}
	return bencode.AppendList(nil, list...)
}

func encodeNodes(nodes []string) []byte {
	var list [][]byte
	for _, node := range nodes {
		at := strings.LastIndexByte(node, ':')
		port, _ := strconv.ParseInt(node[at+1:], 10, 64)
		host := strings.Trim(node[:at], "[]")
		list = append(list, bencode.AppendList(nil, bencode.AppendString(nil, host), bencode.AppendInt(nil, port)))
	}
	return bencode.AppendList(nil, list...)
}

// encodeLayers writes the layers that are known, each once.
func (info *Info) encodeLayers() []byte {
	var b bencode.Builder
	for i, layer := range info.layers {
		if layer == nil {
			continue
		}
		joined := make([]byte, 0, len(layer)*len(layer[0]))
		for _, h := range layer {
			joined = append(joined, h[:]...)
		}
		b.Bytes(string(info.Files[i].Root[:]), joined)
	}
	return b.Append(nil)
}

// canonical appends a value anew, in canonical encoding; of equal keys the first. How deep it
// goes is bounded by bencode.
func canonical(dst []byte, v bencode.Value) []byte {
	switch v.Kind() {
	case bencode.Int:
		n, _ := v.Int()
		return bencode.AppendInt(dst, n)
	case bencode.String:
		s, _ := v.Bytes()
		return bencode.AppendBytes(dst, s)
	case bencode.List:
		dst = append(dst, 'l')
		for item := range v.Items() {
			dst = canonical(dst, item)
		}
		return append(dst, 'e')
	}
	var b bencode.Builder
	seen := map[string]bool{}
	for key, value := range v.Pairs() {
		if !seen[key] {
			seen[key] = true
			b.Raw(key, canonical(nil, value))
		}
	}
	return b.Append(dst)
}
