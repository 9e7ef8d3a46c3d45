//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is the outcome of a whole run.
type report struct {
	Date, Machine, Kernel, Go, Commit string

	CPUs     int
	SHANI    bool
	Settings settings
	Results  []result
	// Medians of the ratios within a round, since machines drift from round to round.
	Ratios map[string]spread
}

// spread is a median with its range.
type spread struct{ Median, Min, Max float64 }

func newReport(s settings, results []result) report {
	info, _ := os.ReadFile("/proc/cpuinfo")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	r := report{
		Date: time.Now().UTC().Format("2006-01-02 15:04"), Machine: modelName(string(info)), Kernel: strings.TrimSpace(string(kernel)),
		Go: runtime.Version(), Commit: strings.TrimSpace(string(commit)), CPUs: runtime.NumCPU(),
		SHANI: strings.Contains(string(info), " sha_ni"), Settings: s, Results: results, Ratios: map[string]spread{},
	}
	speed := func(r result) float64 { return r.MiBps }
	cpu := func(r result) float64 { return r.SeedCPU + r.GetCPU }
	r.ratio("throughput, groove to libtorrent", "groove", "libtorrent", speed)
	r.ratio("CPU, groove to libtorrent", "groove", "libtorrent", cpu)
	r.ratio("throughput, groove to floor", "groove", "floor", speed)
	r.ratio("CPU, groove to floor", "groove", "floor", cpu)
	r.ratio("throughput, libtorrent to floor", "libtorrent", "floor", speed)
	return r
}

func modelName(cpuinfo string) string {
	_, rest, _ := strings.Cut(cpuinfo, "model name")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(name, "\t :")
}

// ratio compares two contestants round by round.
func (r *report) ratio(name, a, b string, of func(result) float64) {
	var ratios []float64
	for _, x := range r.Results {
		for _, y := range r.Results {
			if x.Name == a && y.Name == b && x.Round == y.Round {
				ratios = append(ratios, of(x)/of(y))
			}
		}
	}
	if len(ratios) > 0 {
		r.Ratios[name] = spreadOf(ratios)
	}
}

func spreadOf(values []float64) spread {
	slices.Sort(values)
	n := len(values)
	return spread{(values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]}
}

func (r report) of(name string, of func(result) float64) spread {
	var values []float64
	for _, x := range r.Results {
		if x.Name == name {
			values = append(values, of(x))
		}
	}
	return spreadOf(values)
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Throughput and CPU, %s UTC\n\n", r.Date)
	fmt.Fprintf(&b, "%d MiB v1 in pieces of %d KiB, from one process to another over loopback, source and copy in %s; %d rounds, interleaved.\n",
		r.Settings.Bytes>>20, r.Settings.PieceBytes>>10, r.Settings.Dir, r.Settings.Rounds)
	b.WriteString("Time runs from the first payload byte in the getter's file until the getter says that all is verified; every copy was compared\n" +
		"byte for byte. CPU is user and system time from ready to the end. Medians (lowest to highest).\n\n")
	fmt.Fprintf(&b, "%s, %d CPUs, SHA-NI: %v; Linux %s; %s; commit %s.\n\n", r.Machine, r.CPUs, r.SHANI, r.Kernel, r.Go, r.Commit)
	b.WriteString("| | MiB/s | CPU s/GiB | of the seed | of the getter | resident MiB, seed and getter |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, c := range contestants(r.Settings.Only) {
		speed := r.of(c.name(), func(x result) float64 { return x.MiBps })
		cpu := r.of(c.name(), func(x result) float64 { return x.SeedCPU + x.GetCPU })
		seed := r.of(c.name(), func(x result) float64 { return x.SeedCPU })
		get := r.of(c.name(), func(x result) float64 { return x.GetCPU })
		rss := r.of(c.name(), func(x result) float64 { return float64(x.SeedRSS) })
		rssGet := r.of(c.name(), func(x result) float64 { return float64(x.GetRSS) })
		fmt.Fprintf(&b, "| %s | %.0f (%.0f to %.0f) | %.2f (%.2f to %.2f) | %.2f | %.2f | %.0f, %.0f |\n", c.name(),
			speed.Median, speed.Min, speed.Max, cpu.Median, cpu.Min, cpu.Max, seed.Median, get.Median, rss.Median, rssGet.Median)
	}
	b.WriteString("\n| ratio within a round | median | range |\n| --- | --- | --- |\n")
	names := make([]string, 0, len(r.Ratios))
	for name := range r.Ratios {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := r.Ratios[name]
		fmt.Fprintf(&b, "| %s | %.2f | %.2f to %.2f |\n", name, s.Median, s.Min, s.Max)
	}
	b.WriteString("\nSettings:\n")
	for _, c := range contestants(r.Settings.Only) {
		fmt.Fprintf(&b, "- %s: %s.\n", c.name(), c.settings())
	}
	if s, ok := r.Ratios["throughput, groove to libtorrent"]; ok {
		c := r.Ratios["CPU, groove to libtorrent"]
		fmt.Fprintf(&b, "\nFIGURE throughput %.2f and CPU %.2f of libtorrent's\n", s.Median, c.Median)
	}
	return b.String()
}
