package main

import (
	"net/url"
	"regexp"
	"strings"
)

// minKey is how many letters and digits in a row are taken for a key in the path of a tracker's URL.
const minKey = 16

var (
	urlInText = regexp.MustCompile(`(?:https?|udp|wss?)://[^\s"'<>]+`)
	keyInPath = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
)

// hideSecrets takes users, passwords, keys and queries out of every URL in a text.
func hideSecrets(text string) string { return urlInText.ReplaceAllStringFunc(text, hideInURL) }

func hideInURL(raw string) string {
	trimmed := strings.TrimRight(raw, ".,;:)")
	tail := raw[len(trimmed):]
	u, err := url.Parse(trimmed)
	if err != nil {
		return "(an address)" + tail
	}
	out := u.Scheme + "://" + u.Host
	announce := false
	for i, part := range strings.Split(u.EscapedPath(), "/") {
		if i == 0 {
			continue
		}
		// Two customs: /announce/KEY and /KEY/announce.
		if announce && part != "" || len(part) >= minKey && keyInPath.MatchString(part) {
			part = "***"
		}
		announce = part == "announce"
		out += "/" + part
	}
	if u.RawQuery != "" {
		out += "?***"
	}
	return out + tail
}
