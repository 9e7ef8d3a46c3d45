package metainfo

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// cleanPaths returns the path of each entry, beginning with name; see clean.go.
func cleanPaths(name string, single bool, list []entry, windows bool) []string {
	paths := make([]string, len(list))
	for i, e := range list {
		if single && !e.pad {
			paths[i] = name
			continue
		}
		paths[i] = joinClean(name, e.path, windows)
	}
	number(paths, list)
	return paths
}

// number gives a number to each path that another file or a folder has already. Padding is not
// created, so its path may be anybody's.
func number(paths []string, list []entry) {
	owner := map[string]int{} // the first file of each folded path
	folders := map[string]bool{}
	for i := range paths {
		if list[i].pad {
			continue
		}
		key := fold(paths[i])
		if _, taken := owner[key]; !taken {
			owner[key] = i
		}
		for at := strings.LastIndexByte(key, '/'); at > 0 && !folders[key[:at]]; at = strings.LastIndexByte(key[:at], '/') {
			folders[key[:at]] = true
		}
	}
	next := map[string]int{} // the number to try for each folded path
	for i := range paths {
		key := fold(paths[i])
		if list[i].pad || owner[key] == i && !folders[key] {
			continue
		}
		for {
			next[key]++
			candidate := withNumber(paths[i], next[key])
			folded := fold(candidate)
			if _, taken := owner[folded]; !taken && !folders[folded] {
				owner[folded] = i
				paths[i] = candidate
				break
			}
		}
	}
}

// fold returns what is equal for two paths that one file system or another takes for the same.
func fold(path string) string {
	ascii := true
	for i := 0; i < len(path) && ascii; i++ {
		ascii = path[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(path)
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(path)))
}

// withNumber puts a number before the extension of the last element.
func withNumber(path string, n int) string {
	slash := strings.LastIndexByte(path, '/') + 1
	suffix := "." + strconv.Itoa(n)
	room := maxElement - len(suffix)
	stem, ext := splitExtension(shorten(path[slash:], room, room))
	return path[:slash] + stem + suffix + ext
}
