package reach

import (
	"net/netip"
	"testing"
)

func TestOnlyThePublicNetworkIsGlobal(t *testing.T) {
	for s, want := range map[string]bool{
		"8.8.8.8": true, "2001:4860::8888": true, "64:ff9b::808:808": true,
		"127.0.0.1": false, "::1": false, "10.1.2.3": false, "192.168.0.1": false, "172.16.0.1": false,
		"169.254.1.1": false, "fe80::1": false, "fd00::1": false, "100.64.0.1": false, "224.0.0.1": false,
		"0.0.0.0": false, "255.255.255.255": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "::": false,
	} {
		if IsGlobal(netip.MustParseAddr(s)) != want {
			t.Errorf("IsGlobal(%s) = %v", s, !want)
		}
	}
	if IsGlobal(netip.Addr{}) {
		t.Error("no address is global")
	}
}
