package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"groove/sim"
	"groove/sim/stories"
)

// The picture is well-formed XML that needs no other file, shows the four panels, and stays small.
func TestPicture(t *testing.T) {
	name := "small"
	if v := os.Getenv("STORY"); v != "" {
		name = v
	}
	story, err := stories.Standard(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.Run(story, sim.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := SVG(&b, r); err != nil {
		t.Fatal(err)
	}
	if out := os.Getenv("OUT"); out != "" {
		os.WriteFile(out, b.Bytes(), 0o644)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	text := b.String()
	for _, want := range []string{"T_min", "Who had everything when", "How busy the uplinks were", "Who gave to whom", "How the copies grew", "seconds"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	for _, never := range []string{"NaN", "Inf", "href", "url("} {
		if strings.Contains(text, never) {
			t.Errorf("there is %q in it", never)
		}
	}
	if len(text) > 1<<20 {
		t.Errorf("it has %d bytes", len(text))
	}
}
