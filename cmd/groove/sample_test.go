package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSampleShowIsTheSameEveryTimeAndCanBeHeard(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	begun := time.Now()
	first, err := makeSample()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %v", time.Since(begun))
	second, err := makeSample()
	if err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(first)
	if err != nil || len(names) != len(sampleShow)+1 {
		t.Fatalf("the show holds %v, %v", names, err)
	}
	for _, n := range names {
		a, err := os.ReadFile(filepath.Join(first, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from one time to the next", n.Name())
		}
	}
	for _, tune := range sampleShow {
		left, right := tune.play()
		for _, channel := range [][]int16{left, right} {
			if loud, clipped := loudness(channel); loud < 1000 || clipped > 0 {
				t.Errorf("%s: loudness %d of %d, %d samples at the limit", tune.title, loud, full, clipped)
			}
		}
	}
}

// loudness returns the mean amplitude, and how many samples touch the limit.
func loudness(samples []int16) (mean, clipped int) {
	sum := 0
	for _, v := range samples {
		if v == full-1 || v == -full {
			clipped++
		}
		sum += max(int(v), -int(v))
	}
	return sum / len(samples), clipped
}
