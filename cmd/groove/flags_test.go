package main

import "testing"

func TestSizes(t *testing.T) {
	for in, want := range map[string]int64{"16384": 16384, "16KiB": 16384, "512kib": 512 << 10, "2 MiB": 2 << 20, "1g": 1 << 30, "7b": 7} {
		var s byteSize
		if err := s.Set(in); err != nil || int64(s) != want {
			t.Errorf("size %q is %d, %v; want %d", in, s, err, want)
		}
	}
	for _, in := range []string{"", "MiB", "-1", "0", "1.5MiB", "16 apples", "99999999999GiB"} {
		var s byteSize
		if err := s.Set(in); err == nil {
			t.Errorf("size %q was taken as %d", in, s)
		}
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{"7001": ":7001", ":0": ":0", "192.168.1.5:7001": "192.168.1.5:7001", "[::1]:7001": "[::1]:7001"} {
		var a listenAddr
		if err := a.Set(in); err != nil || string(a) != want {
			t.Errorf("listen %q became %q, %v; want %q", in, a, err, want)
		}
	}
	for _, in := range []string{"", "here", "1.2.3.4", ":70000", "example.org:7001", ":-1"} {
		var a listenAddr
		if err := a.Set(in); err == nil {
			t.Errorf("listen %q was taken", in)
		}
	}
	for _, in := range []string{"", ":7001", "host:0", "host", "fd77::1:7001"} {
		var p peerAddrs
		if err := p.Set(in); err == nil {
			t.Errorf("peer %q was taken", in)
		}
	}
}

func TestEachTrackerFlagIsATier(t *testing.T) {
	var tiers tierList
	for _, in := range []string{"http://a/announce,udp://b:1/announce", "https://c/announce"} {
		if err := tiers.Set(in); err != nil {
			t.Fatal(err)
		}
	}
	if len(tiers) != 2 || len(tiers[0]) != 2 || len(tiers[1]) != 1 {
		t.Errorf("tiers are %v", tiers)
	}
	if err := tiers.Set("ftp://a/announce"); err == nil {
		t.Error("a tracker by ftp was taken")
	}
}
