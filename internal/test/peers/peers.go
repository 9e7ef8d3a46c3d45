// Package peers runs other people's BitTorrent clients as partners in tests: Transmission, libtorrent, aria2, rtorrent,
// and nginx as a web seed.
//
// It knows how each is started without a screen, told about a torrent and asked how far it is; it refuses to know
// what Groove does. Each client gets a state folder of its own and no DHT, PEX, LSD or port mapping, so that only
// the connections a test asks for exist. Bytes are payload as the client counts it. Tests call it; a Peer may be
// asked from several goroutines. Start reading at Start.
package peers
