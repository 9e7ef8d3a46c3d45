package infohash

import (
	"errors"
	"testing"
)

func TestAnIDSurvivesPrintingAndMerging(t *testing.T) {
	v1, v2 := V1{1, 2, 3}, V2{4, 5, 6}
	for _, id := range []ID{FromV1(v1), FromV2(v2), Hybrid(v1, v2)} {
		back, err := Parse(id.String())
		if err != nil || back != id {
			t.Errorf("%v came back as %v (%v)", id, back, err)
		}
		for _, s := range id.Shorts() {
			if !id.Matches(s) {
				t.Errorf("%v does not know its own short name", id)
			}
		}
	}
	both, ok := FromV2(v2).Merge(FromV1(v1))
	if !ok || both != Hybrid(v1, v2) || both.Short() != Short(v1) {
		t.Errorf("merge gave %v", both)
	}
	if _, ok := both.Merge(FromV1(V1{9})); ok {
		t.Error("two different v1 hashes merged")
	}
	if FromV1(V1{}).Matches(V2{}.Short()) != true || FromV2(V2{1}).Matches(Short{}) {
		t.Error("Matches looks at a hash that is not there")
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, s := range []string{"", "xyz", "aa", "none", Hybrid(V1{1}, V2{2}).String() + "+" + FromV1(V1{3}).String()} {
		if _, err := Parse(s); !errors.Is(err, ErrParse) {
			t.Errorf("Parse(%q): %v", s, err)
		}
	}
}
