//go:build linux

// Command bench moves gigabytes from one process to another on a RAM disk and says how fast and at what cost:
// groove to groove, libtorrent to libtorrent, and a bare program that does the least that is needed.
//
// It knows the clients as programs only, and measures both sides of each in the same way: from the first
// payload byte in the getter's file until the getter says that all is verified. Rounds are interleaved, since machines drift.
// Run by make bench. Start reading at main; transfer.go measures.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"groove/internal/test/binary"
)

// settings of a whole run, all printed.
type settings struct {
	Bytes      int64
	PieceBytes int64
	Rounds     int
	Dir        string // of the RAM disk
	Only       string
}

func main() {
	var s settings
	mib := flag.Int64("mib", 4096, "how much to move, in MiB")
	piece := flag.Int64("piece-kib", 1024, "length of a piece, in KiB")
	flag.IntVar(&s.Rounds, "rounds", 5, "how often each moves it")
	flag.StringVar(&s.Dir, "dir", "/dev/shm", "a folder on a RAM disk, with room for the data twice")
	flag.StringVar(&s.Only, "only", "", "only these, comma-separated: floor, groove, libtorrent")
	asJSON := flag.Bool("json", false, "print the results as JSON")
	write := flag.Bool("write", false, "write the results to docs/benchmarks/ as well")
	flag.Parse()
	s.Bytes, s.PieceBytes = *mib<<20, *piece<<10
	if err := bench(s, *asJSON, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(s settings, asJSON, write bool) error {
	dir, err := os.MkdirTemp(s.Dir, "groove-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stage, err := setUp(s, dir)
	if err != nil {
		return err
	}
	var results []result
	for round := range s.Rounds {
		all := contestants(s.Only)
		for i := range all {
			c := all[(i+round)%len(all)] // who goes first changes, too
			r, err := stage.run(c)
			if err != nil {
				return fmt.Errorf("%s, round %d: %w", c.name(), round+1, err)
			}
			r.Round = round + 1
			results = append(results, r)
			fmt.Fprintf(os.Stderr, "round %d  %-10s %7.1f MiB/s  CPU %.2f + %.2f s/GiB\n", r.Round, r.Name, r.MiBps, r.SeedCPU, r.GetCPU)
		}
	}
	rep := newReport(s, results)
	if write {
		name := filepath.Join("docs", "benchmarks", time.Now().UTC().Format("2006-01-02-1504")+".md")
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(rep.markdown()), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "written to", name)
	}
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(rep)
	}
	fmt.Print(rep.markdown())
	return nil
}

// A stage is what all transfers share.
type stage struct {
	settings
	dir      string
	programs map[string]string
	source   string // the file that is moved
	torrent  string
}

func setUp(s settings, dir string) (*stage, error) {
	st := &stage{settings: s, dir: dir, programs: map[string]string{}, source: filepath.Join(dir, "source", "noise.bin")}
	var err error
	if st.programs["groove"], err = binary.Build(".", dir); err != nil {
		return nil, err
	}
	st.programs["floor"] = filepath.Join(dir, "floor")
	if err := quietly("go", "build", "-o", st.programs["floor"], "./bench/floor"); err != nil {
		return nil, err
	}
	if err := writeNoise(st.source, s.Bytes); err != nil {
		return nil, err
	}
	st.torrent = filepath.Join(dir, "noise.torrent")
	err = quietly(st.programs["groove"], "torrent", "make", st.source, "--out", st.torrent, "--piece-length", fmt.Sprintf("%dKiB", s.PieceBytes>>10))
	return st, err
}

func writeNoise(name string, size int64) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	noise, chunk := rand.NewChaCha8([32]byte{1, 9, 7, 5}), make([]byte, 1<<20)
	for left := size; left > 0; left -= int64(len(chunk)) {
		chunk = chunk[:min(left, int64(len(chunk)))]
		noise.Read(chunk)
		if _, err := file.Write(chunk); err != nil {
			file.Close()
			return err
		}
	}
	return file.Close()
}

func contestants(only string) []contestant {
	var chosen []contestant
	for _, c := range []contestant{floor{}, groove{}, libtorrent{}} {
		if only == "" || strings.Contains(","+only+",", ","+c.name()+",") {
			chosen = append(chosen, c)
		}
	}
	return chosen
}
