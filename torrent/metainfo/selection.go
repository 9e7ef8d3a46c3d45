package metainfo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseSelection reads "0,2,4,6-8" (BEP 53) into ascending indices.
func parseSelection(s string) ([]int, error) {
	selected := []int{}
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 32)
		last, err2 := strconv.ParseUint(high, 10, 32)
		if err1 != nil || err2 != nil || last < first {
			return nil, fmt.Errorf("so=%s: %q is no file number or range of them", s, part)
		}
		if last-first >= maxSelect || len(selected)+int(last-first) >= maxSelect {
			return nil, fmt.Errorf("so= names more than %d files", maxSelect)
		}
		for n := first; n <= last; n++ {
			selected = append(selected, int(n))
		}
	}
	slices.Sort(selected)
	return slices.Compact(selected), nil
}

// formatSelection writes ascending indices, runs as ranges.
func formatSelection(selected []int) string {
	var parts []string
	for i := 0; i < len(selected); {
		end := i + 1
		for end < len(selected) && selected[end] == selected[end-1]+1 {
			end++
		}
		part := strconv.Itoa(selected[i])
		if end > i+1 {
			part += "-" + strconv.Itoa(selected[end-1])
		}
		parts = append(parts, part)
		i = end
	}
	return strings.Join(parts, ",")
}
