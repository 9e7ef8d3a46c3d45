package main

import (
	"math"
)

// The sample show is made of integers alone, so that every computer makes the same bytes of it.
const (
	sampleRate = 44100
	sineBits   = 12
	full       = 1 << 15 // amplitude 1 in fixed point
)

// sine is one turn of a sine wave in fixed point.
var sine = func() (table [1 << sineBits]int32) {
	for i := range table {
		table[i] = int32(math.Round(math.Sin(2*math.Pi*float64(i)/float64(len(table))) * (full - 1)))
	}
	return table
}()

// at returns the sine of a phase, of which 1<<32 is a whole turn.
func at(phase uint32) int64 { return int64(sine[phase>>(32-sineBits)]) }

// step returns how far the phase of a MIDI note goes on in one sample.
func step(note int) uint32 {
	return uint32(math.Round(440 * math.Pow(2, float64(note-69)/12) / sampleRate * (1 << 32)))
}

// An instrument adds one note to a mix, from sample begin on.
type instrument func(mix []int64, begin, length, note, loudness int)

// pluck is a string after Karplus and Strong: a burst of noise that runs round a delay line and
// loses its highs on the way.
func pluck(mix []int64, begin, length, note, loudness int) {
	line := make([]int64, max(int(uint64(1<<32)/uint64(step(note))), 2))
	noise := uint32(note)*2654435761 + 1
	for i := range line {
		noise = noise*1664525 + 1013904223
		line[i] = int64(int32(noise)>>16) * int64(loudness) / 100
	}
	previous := int64(0)
	for i := range length * 3 { // it rings on after its time
		if begin+i >= len(mix) {
			return
		}
		k := i % len(line)
		current := line[k]
		mix[begin+i] += current
		line[k] = (current + previous) / 2 * 2039 / 2048
		previous = current
	}
}

// bell is frequency modulation after Chowning: one sine bends the phase of another, less and less.
func bell(mix []int64, begin, length, note, loudness int) {
	var carrier, modulator uint32
	carry, modulate := step(note), step(note)/2*7
	ring := length * 4
	for i := range ring {
		if begin+i >= len(mix) {
			return
		}
		left := int64(ring-i) * full / int64(ring)
		left = left * left / full
		bend := at(modulator) * left / full * left / full
		attack := min(int64(i), 200)
		mix[begin+i] += at(carrier+uint32(bend<<15)) * left / full * int64(loudness) / 100 * attack / 200
		carrier += carry
		modulator += modulate
	}
}

// bass is a sine with a little of its octave.
func bass(mix []int64, begin, length, note, loudness int) {
	var phase uint32
	for i := range length {
		if begin+i >= len(mix) {
			return
		}
		fade := min(int64(i), int64(length-i), 600) * full / 600
		mix[begin+i] += (at(phase)*3/4 + at(phase*2)/4) * fade / full * int64(loudness) / 100
		phase += step(note)
	}
}
