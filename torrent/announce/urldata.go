package announce

import "strings"

// Options behind a UDP announce (BEP 41).
const (
	optionEnd     = 0
	optionPadding = 1
	optionURLData = 2
)

// appendURLData appends path and query of the tracker's URL, at most maxURLData bytes of it.
func appendURLData(dst []byte, data string) []byte {
	if data == "" {
		return dst
	}
	data = data[:min(len(data), maxURLData)]
	for len(data) > 0 {
		n := min(len(data), 255)
		dst = append(append(dst, optionURLData, byte(n)), data[:n]...)
		data = data[n:]
	}
	return append(dst, optionEnd)
}

// urlData reads what stands behind an announce: repeated options are joined, unknown ones
// skipped, and what breaks off ends it, since some clients cut theirs.
func urlData(options []byte) string {
	var data strings.Builder
	for len(options) > 0 {
		kind := options[0]
		options = options[1:]
		if kind == optionEnd {
			break
		}
		if kind == optionPadding {
			continue
		}
		if len(options) == 0 || len(options) <= int(options[0]) {
			break
		}
		value := options[1 : 1+int(options[0])]
		options = options[1+len(value):]
		if kind == optionURLData && data.Len()+len(value) <= maxURLData {
			data.Write(value)
		}
	}
	return data.String()
}

// trimNUL cuts the end that C programs leave on their error texts.
func trimNUL(s string) string { return strings.TrimRight(s, "\x00") }
