package event

import "math/rand/v2"

// Rand returns the stream of randomness that node uses for one purpose in one run. Streams do
// not depend on each other, so that a new draw somewhere shifts no other.
func Rand(run uint64, node uint32, purpose string) *rand.Rand {
	h := mix(run) ^ mix(uint64(node)+1<<32)
	for _, c := range []byte(purpose) {
		h = mix(h ^ uint64(c))
	}
	return rand.New(rand.NewPCG(h, mix(h+1)))
}

// Between returns a number that depends on the run and an unordered pair of nodes alone, evenly
// distributed over low..high: for what is fixed per pair, as a round-trip time is.
func Between(run uint64, a, b uint32, low, high int64) int64 {
	h := mix(mix(run) ^ uint64(min(a, b))<<32 ^ uint64(max(a, b)))
	return low + int64(h%uint64(high-low+1))
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of x moves half of the result's.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
