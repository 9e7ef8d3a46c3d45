package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// sampleName is the sample show's folder, named as tapers do.
const sampleName = "porchlights2024-06-21.synth.wav16"

// A tune is one track of the sample show: a melody over chords, in steps of an eighth note.
type tune struct {
	title  string
	beat   int // samples of an eighth note
	lead   instrument
	melody []int // MIDI notes; 0 is a rest
	chords []int // root notes, each for eight steps
}

var sampleShow = []tune{
	{"First Light", 12000, pluck,
		[]int{64, 67, 69, 71, 74, 71, 69, 67, 64, 67, 71, 76, 74, 71, 69, 0, 62, 66, 69, 74, 73, 69, 66, 62, 64, 67, 71, 74, 76, 0, 0, 0},
		[]int{40, 45, 38, 40}},
	{"Leave the Window Open", 14000, bell,
		[]int{69, 0, 72, 76, 0, 74, 72, 0, 67, 0, 72, 74, 0, 72, 67, 0, 65, 0, 69, 72, 0, 76, 74, 72, 69, 0, 0, 0},
		[]int{45, 48, 41, 45}},
	{"Last Train Home", 9500, pluck,
		[]int{67, 71, 74, 79, 78, 74, 71, 74, 76, 72, 67, 72, 76, 79, 76, 72, 69, 72, 74, 78, 81, 78, 74, 72, 71, 74, 79, 83, 79, 0, 0, 0},
		[]int{43, 48, 38, 43}},
}

const sampleInfo = `The Porch Lights
2024-06-21
The Back Porch
Somewhere, Anywhere

Source: SYNTH (no microphone was near)
Lineage: integers > Karplus-Strong strings, FM bells > WAV (16/44.1)
Taped by: groove share

Set 1:
01. First Light
02. Leave the Window Open >
03. Last Train Home

Notes: generated music, nobody's property. Share it with anybody.
`

// makeSample writes the sample show into a new temporary folder and returns the show's path.
func makeSample() (string, error) {
	dir, err := os.MkdirTemp("", "groove-sample-")
	if err != nil {
		return "", fmt.Errorf("make the sample show: %w", err)
	}
	show := filepath.Join(dir, sampleName)
	if err := os.Mkdir(show, 0o777); err != nil {
		return "", fmt.Errorf("make the sample show: %w", err)
	}
	files := map[string][]byte{"info.txt": []byte(sampleInfo)}
	for i, t := range sampleShow {
		files[fmt.Sprintf("porchlights2024-06-21t%02d.wav", i+1)] = wav(t.play())
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(show, name), data, 0o666); err != nil {
			return "", fmt.Errorf("make the sample show: %w", err)
		}
	}
	return show, nil
}

// play returns a tune's left and right channel.
func (t tune) play() (left, right []int16) {
	n := t.beat*len(t.melody) + 2*sampleRate // the last notes ring out
	lead, rest := make([]int64, n), make([]int64, n)
	for i, note := range t.melody {
		if note != 0 {
			t.lead(lead, i*t.beat, t.beat, note, 42)
		}
	}
	for i, root := range t.chords {
		begin := i * 8 * t.beat
		for k, part := range []int{0, 7, 0, 7} {
			bass(rest, begin+k*2*t.beat, 2*t.beat, root+part, 22)
		}
		for k, part := range []int{12, 19, 24, 31} {
			pluck(rest, begin+k*2*t.beat+k*300, t.beat, root+part, 16)
		}
	}
	return pan(lead, rest, 7, 10, n), pan(lead, rest, 10, 7, n)
}

// pan mixes lead and rest with weights in tenths, an echo of the lead, and a fade at the end.
func pan(lead, rest []int64, a, b, n int) []int16 {
	const echo, fade = 15000, 1 * sampleRate
	out := make([]int16, n)
	for i := range out {
		v := lead[i]*int64(a)/10 + rest[i]*int64(b)/10
		if i >= echo {
			v += lead[i-echo] * int64(b) / 40
		}
		v = v * int64(min(n-i, fade)) / fade
		out[i] = int16(min(max(v, -full), full-1))
	}
	return out
}

// wav writes 16-bit stereo as a RIFF WAVE file.
func wav(left, right []int16) []byte {
	const frame = 4
	size := uint32(len(left) * frame)
	var b bytes.Buffer
	header := struct {
		Riff             [4]byte
		Size             uint32
		Wave, Fmt        [4]byte
		FmtSize          uint32
		Format, Channels uint16
		Rate, Bytes      uint32
		Frame, Bits      uint16
		Data             [4]byte
		DataSize         uint32
	}{
		[4]byte{'R', 'I', 'F', 'F'}, size + 36, [4]byte{'W', 'A', 'V', 'E'}, [4]byte{'f', 'm', 't', ' '}, 16,
		1, 2, sampleRate, sampleRate * frame, frame, 16, [4]byte{'d', 'a', 't', 'a'}, size,
	}
	binary.Write(&b, binary.LittleEndian, header)
	body := b.Bytes()
	for i := range left {
		body = binary.LittleEndian.AppendUint16(body, uint16(left[i]))
		body = binary.LittleEndian.AppendUint16(body, uint16(right[i]))
	}
	return body
}
