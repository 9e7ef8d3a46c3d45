package main

import (
	"encoding/json"
	"io"
	"math"
	"sync"
	"time"

	"groove/torrent"
)

// The events of --json, one object a line. Readers ignore fields that they do not know.

// readyEvent says what is shared or got, and where we can be reached. As "metadata" it repeats
// what a magnet link did not know.
type readyEvent struct {
	Event    string     `json:"event"`
	Name     *string    `json:"name"`
	V1       *string    `json:"v1"`
	V2       *string    `json:"v2"`
	Magnet   *string    `json:"magnet"`
	Torrent  *string    `json:"torrent"` // a path
	Listen   []string   `json:"listen"`
	Trackers [][]string `json:"trackers"`
}

// progressEvent counts wanted bytes, padding left out. Total is null while a magnet's metadata is unknown.
type progressEvent struct {
	Event    string  `json:"event"`
	Done     int64   `json:"done"`
	Total    *int64  `json:"total"`
	DownRate int64   `json:"down_rate"` // bytes per second
	UpRate   int64   `json:"up_rate"`
	Down     int64   `json:"downloaded"` // payload bytes of this run, waste included
	Up       int64   `json:"uploaded"`
	Peers    int     `json:"peers"`
	Copies   float64 `json:"copies"`
	ETA      *int64  `json:"eta_s"`
}

type doneEvent struct {
	Event   string  `json:"event"`
	Path    string  `json:"path"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

type errorEvent struct {
	Event   string  `json:"event"`
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Hint    *string `json:"hint"`
	Fatal   bool    `json:"fatal"`
}

// jsonLines writes events. It is safe for concurrent use.
type jsonLines struct {
	mu  sync.Mutex
	out io.Writer
}

func (j *jsonLines) write(event any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	writeJSON(j.out, event)
}

// writeJSON writes one value on a line; links stay readable. Who no longer listens misses it.
func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

func (j *jsonLines) failed(err error, fatal bool) {
	f := explain(err)
	j.write(errorEvent{"error", f.code, sentence(f), orNull(f.hint), fatal})
}

func progressOf(s torrent.Stats) progressEvent {
	p := progressEvent{
		Event: "progress", Done: s.Done, DownRate: s.DownRate, UpRate: s.UpRate,
		Down: s.Down, Up: s.Up,
		Peers: len(s.Peers), Copies: math.Round(s.Copies*1000) / 1000,
	}
	if s.State != torrent.FetchingMetadata && s.Total > 0 {
		p.Total = &s.Total
	}
	if s.ETA >= 0 && s.Done < s.Total && s.DownRate > 0 {
		seconds := int64(s.ETA / time.Second)
		p.ETA = &seconds
	}
	return p
}

// orNull is a text as JSON has it: null if there is none.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
