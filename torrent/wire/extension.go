package wire

// Extension names an extension message by the ID that we give it in our handshake's "m". Peers
// use these IDs toward us, and we use theirs (BEP 10).
type Extension uint8

// The extensions, and our ID for each.
const (
	ExtHandshakeID Extension = 0 // every side's handshake
	ExtMetadata    Extension = 1 // ut_metadata, BEP 9
	ExtPEX         Extension = 2 // ut_pex, BEP 11
	ExtDontHave    Extension = 3 // lt_donthave, BEP 54
	ExtUploadOnly  Extension = 4 // upload_only, BEP 21 as clients send it
	ExtHolepunch   Extension = 5 // ut_holepunch, BEP 55
)

// extensionNames are the keys of "m", in canonical order.
var extensionNames = [...]struct {
	name string
	ext  Extension
}{
	{"lt_donthave", ExtDontHave},
	{"upload_only", ExtUploadOnly},
	{"ut_holepunch", ExtHolepunch},
	{"ut_metadata", ExtMetadata},
	{"ut_pex", ExtPEX},
}

// Extensions says which ID one side gave to each extension. The zero Extensions names none.
type Extensions struct {
	id    [len(extensionNames) + 1]uint8
	named [len(extensionNames) + 1]bool
}

// ID returns the ID to send e with, or 0 if that side does not take it.
func (x *Extensions) ID(e Extension) uint8 { return x.id[e] }

// Set gives e an ID; 0 says that it is switched off from now on.
func (x *Extensions) Set(e Extension, id uint8) {
	x.id[e], x.named[e] = id, true
}

// Ours returns the Extensions that offer each of list under our own ID.
func Ours(list ...Extension) Extensions {
	var x Extensions
	for _, e := range list {
		x.Set(e, uint8(e))
	}
	return x
}
