package trackers

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// What callers branch on.
var (
	ErrURL     = errors.New("the tracker's URL is of no use")
	ErrAddress = errors.New("the tracker's address may not be contacted")
	ErrClosed  = errors.New("the session is closed")

	errTimeout  = errors.New("no answer in time")
	errTooLong  = errors.New("the answer is too long")
	errRedirect = errors.New("too many redirects")
)

// Redact prints a tracker's URL without its secrets: user, password, keys in the path and values
// in the query.
func Redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(a URL that cannot be read)"
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i, part := range parts {
		if part != "" && !isPlace(part) {
			parts[i] = hidden
		}
	}
	return fmt.Sprintf("%s://%s%s%s", u.Scheme, u.Host, strings.Join(parts, "/"), redactQuery(u.RawQuery))
}

const hidden = "***"

// isPlace reports whether a part of a path says where announces go; anything else may be a key.
func isPlace(part string) bool {
	switch part {
	case "announce", "announce.php", "scrape", "scrape.php":
		return true
	}
	return false
}

func redactQuery(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, named := strings.Cut(part, "=")
		if parts[i] = hidden; named {
			parts[i] = name + "=" + hidden
		}
	}
	return "?" + strings.Join(parts, "&")
}
