package bencode

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"groove/internal/test/need"
)

// The vectors have the name and the outcome of each case. Where they leave a choice: the first of
// two equal keys wins, trailing bytes are a flaw, an integer beyond 64 bits is an error.
func TestVectors(t *testing.T) {
	var file struct {
		Bencode struct {
			Cases []struct {
				Name, Bytes, Strict, Lenient string
				Value                        json.RawMessage
			}
		}
	}
	text, err := os.ReadFile(need.Shared(t, "data/vectors.json"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil || len(file.Bencode.Cases) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, c := range file.Bencode.Cases {
		data, _ := hex.DecodeString(c.Bytes)
		_, err := Strict(data)
		if (c.Strict == "ok") != (err == nil) {
			t.Errorf("%s: strict gives %v, want %s", c.Name, err, c.Strict)
		}
		v, flaws, err := Lenient(data)
		if c.Lenient != "policy" && (c.Lenient == "ok") != (err == nil) {
			t.Errorf("%s: lenient gives %v, want %s", c.Name, err, c.Lenient)
		}
		if err == nil && (len(flaws) == 0) != (c.Strict == "ok") {
			t.Errorf("%s: flaws %v", c.Name, flaws)
		}
		if c.Value != nil {
			var want any
			json.Unmarshal(c.Value, &want)
			if got := plain(v); !reflect.DeepEqual(got, plainVector(want)) {
				t.Errorf("%s: got %v, want %v", c.Name, got, want)
			}
		}
	}
}

// plain turns a value into what plainVector makes of the JSON of a vector.
func plain(v Value) any {
	switch v.Kind() {
	case Int:
		n, _ := v.Int()
		return float64(n)
	case String:
		s, _ := v.Str()
		return s
	case List:
		list := []any{}
		for item := range v.Items() {
			list = append(list, plain(item))
		}
		return list
	case Dict:
		dict := map[string]any{}
		for key, value := range v.Pairs() {
			dict[key] = plain(value)
		}
		return dict
	}
	return nil
}

func plainVector(want any) any {
	dict, ok := want.(map[string]any)
	if !ok {
		return want
	}
	if h, ok := dict["hex"].(string); ok {
		b, _ := hex.DecodeString(h)
		return string(b)
	}
	pairs, ok := dict["pairs"].([]any)
	if !ok {
		return want
	}
	dict = map[string]any{}
	for _, p := range pairs {
		b, _ := hex.DecodeString(strings.TrimPrefix(p.([]any)[0].(string), "hex:"))
		dict[string(b)] = p.([]any)[1]
	}
	return dict
}

func TestErrorsAndFlawsSayWhere(t *testing.T) {
	for _, c := range []struct {
		in  string
		pos int
	}{
		{"", 0}, {"d1:ai1e1:ai2ee", 7}, {"d1:bi1e1:ai2ee", 7}, {"li1ei03ee", 5}, {"l4:abc", 1}, {"i1e\n", 3},
		{"d1:ae", 4}, {"di1ei2ee", 1}, {"i9223372036854775808e", 1}, {"lx", 1}, {"l", 1}, {"i12", 3},
	} {
		_, err := Strict([]byte(c.in))
		var e *Error
		if !errors.As(err, &e) || e.Pos != c.pos {
			t.Errorf("%q: %v, want byte %d", c.in, err, c.pos)
		}
	}
	v, flaws, err := Lenient([]byte("d1:bi1e1:ai-0e1:bi03e01:ci5e1:ci6ee\n"))
	want := "[keys out of order at byte 7 minus zero at byte 11 leading zero at byte 18 leading zero at byte 21 duplicate key at byte 28 trailing data at byte 35]"
	if err != nil || fmt.Sprint(flaws) != want {
		t.Errorf("%v %v", flaws, err)
	}
	if n, _ := v.Get("b").Int(); n != 1 {
		t.Errorf("b is %d; the first one wins", n)
	}
}

func TestEveryLimitHolds(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("l", n) + strings.Repeat("e", n)) }
	small := Limits{Bytes: 10, Depth: 3, Tokens: 4}
	for _, c := range []struct {
		limits Limits
		in     []byte
		ok     bool
	}{
		{File, nested(File.Depth), true},
		{File, nested(File.Depth + 1), false},
		{Wire, nested(Wire.Depth + 1), false},
		{File, nested(1e6), false},
		{small, nested(2), true},
		{small, nested(3), false}, // six tokens
		{small, []byte("7:1234567"), true},
		{small, []byte("8:12345678"), true},
		{small, []byte("9:123456789"), false},
	} {
		_, err := c.limits.Strict(c.in)
		_, _, lenient := c.limits.Lenient(c.in)
		_, _, prefix := c.limits.Prefix(c.in)
		if (err == nil) != c.ok || (lenient == nil) != c.ok || (prefix == nil) != c.ok {
			t.Errorf("%.20q in %v: %v, %v, %v", c.in, c.limits, err, lenient, prefix)
		}
	}
	if _, flaws, err := Lenient([]byte("l" + strings.Repeat("i00e", 1000) + "e")); err != nil || len(flaws) != maxFlaws {
		t.Errorf("%d flaws, %v", len(flaws), err)
	}
}

func TestPrefixLeavesTheRest(t *testing.T) {
	v, rest, err := Prefix([]byte("d5:piecei3eed4:infoe"))
	n, ok := v.Get("piece").Int()
	if err != nil || string(rest) != "d4:infoe" || n != 3 || !ok {
		t.Errorf("%v %q %d", err, rest, n)
	}
}

// What is asked of a value that it is not, it does not have.
func TestAValueIsWhatItIs(t *testing.T) {
	v, err := Strict([]byte("d4:dictd1:ai1ee4:listl1:xi2ee6:numberi-5e4:text3:abce"))
	if err != nil {
		t.Fatal(err)
	}
	for key, kind := range map[string]Kind{"dict": Dict, "list": List, "number": Int, "text": String, "none": Absent} {
		x := v.Get(key)
		_, isInt := x.Int()
		_, isText := x.Str()
		if x.Kind() != kind || isInt != (kind == Int) || isText != (kind == String) {
			t.Errorf("%s is %v", key, x.Kind())
		}
		for range x.Items() {
			if kind != List {
				t.Errorf("%s has items", key)
			}
		}
		for range x.Pairs() {
			if kind != Dict {
				t.Errorf("%s has pairs", key)
			}
		}
	}
	list := v.Get("list")
	if string(list.Raw()) != "l1:xi2ee" || list.Offset() != 21 || list.Len() != 2 || v.Len() != 4 || v.Get("text").Len() != 3 {
		t.Errorf("%q at %d", list.Raw(), list.Offset())
	}
}

// A tree that was built in any order reads back strictly, and again gives the same bytes.
func TestWhatIsBuiltIsCanonical(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		encoded := randomValue(rng, 4)
		v, err := Strict(encoded)
		if err != nil {
			t.Fatalf("%q: %v", encoded, err)
		}
		if again := encode(nil, v); !bytes.Equal(again, encoded) {
			t.Fatalf("%q came back as %q", encoded, again)
		}
	}
	var d Builder
	d.Int("b", 1).String("a", "x").Int("b", 2).Bytes("c", []byte{0xff}).Strings("d", []string{"p", ""}).Raw("", []byte("le"))
	if got := string(d.Append(nil)); got != "d0:le1:a1:x1:bi2e1:c1:\xff1:dl1:p0:ee" {
		t.Errorf("%q", got)
	}
}

func randomValue(rng *rand.Rand, depth int) []byte {
	text := strings.Repeat(string(rune('a'+rng.IntN(26))), rng.IntN(12))
	switch kind := rng.IntN(4); {
	case kind == 0 || depth == 0 && kind > 1:
		return AppendInt(nil, []int64{0, -1, math.MaxInt64, math.MinInt64, rng.Int64()}[rng.IntN(5)])
	case kind == 1:
		return AppendString(nil, text)
	case kind == 2:
		var items [][]byte
		for range rng.IntN(4) {
			items = append(items, randomValue(rng, depth-1))
		}
		return AppendList(nil, items...)
	}
	var d Builder
	for range rng.IntN(5) {
		d.Raw(string(rune('a'+rng.IntN(4)))+text, randomValue(rng, depth-1))
	}
	return d.Append(nil)
}

// encode writes a value anew, in canonical form; of equal keys the first.
func encode(dst []byte, v Value) []byte {
	switch v.Kind() {
	case Int:
		n, _ := v.Int()
		return AppendInt(dst, n)
	case String:
		b, _ := v.Bytes()
		return AppendBytes(dst, b)
	case List:
		dst = append(dst, 'l')
		for item := range v.Items() {
			dst = encode(dst, item)
		}
		return append(dst, 'e')
	}
	var d Builder
	seen := map[string]bool{}
	for key, value := range v.Pairs() {
		if !seen[key] {
			d.Raw(key, encode(nil, value))
		}
		seen[key] = true
	}
	return d.Append(dst)
}

func TestAMessageIsReadWithoutAllocating(t *testing.T) {
	msg := []byte("d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e1:pi6881e1:v13:\xc2\xb5Torrent 1.2e")
	if n := testing.AllocsPerRun(100, func() {
		v, _, err := Prefix(msg)
		if n, ok := v.Get("m").Get("ut_pex").Int(); err != nil || !ok || n != 1 {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLenient(b *testing.B) {
	list := [][]byte{}
	for range 10000 {
		list = append(list, []byte("d6:lengthi123456e4:pathl6:folder8:file.txtee"))
	}
	data := AppendList(nil, list...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Lenient(data)
	}
}
