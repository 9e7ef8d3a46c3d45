package metainfo

import (
	"fmt"

	"groove/torrent/bencode"
	"groove/torrent/merkle"
)

// Finish returns the torrent once every piece is set. It is read back through ParseInfo, so that
// what is made is what others will see. Errors wrap ErrPlan.
func (p *Plan) Finish() (*Metainfo, error) {
	if err := p.checkComplete(); err != nil {
		return nil, err
	}
	layers := p.setRoots()
	info, err := ParseInfo(p.encodeInfo())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	for i, layer := range layers {
		if layer == nil {
			continue
		}
		if err := info.SetLayer(i, layer); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPlan, err)
		}
	}
	m := &Metainfo{
		Info:         info,
		Trackers:     cleanTiers(p.options.Trackers),
		WebSeeds:     info.cleanWebSeeds(p.options.WebSeeds),
		Comment:      cleanText(p.options.Comment),
		CreatedBy:    cleanText(p.options.CreatedBy),
		CreationDate: max(p.options.CreationDate, 0),
	}
	return m, nil
}

func (p *Plan) checkComplete() error {
	for i := range p.layout.Pieces() {
		if p.NeedsV1() && p.v1[i] == [hashV1Size]byte{} || p.NeedsV2() && p.v2[i] == (merkle.Hash{}) {
			return fmt.Errorf("%w: piece %d was not hashed", ErrPlan, i)
		}
	}
	return nil
}

// setRoots computes the root of each file and returns the piece layers of those that need one.
func (p *Plan) setRoots() [][]merkle.Hash {
	if !p.NeedsV2() {
		return nil
	}
	height, _ := merkle.PieceHeight(p.options.PieceLength)
	layers := make([][]merkle.Hash, len(p.list))
	for i := range p.list {
		e := &p.list[i]
		if e.pad || e.length == 0 {
			continue
		}
		first, end := p.layout.FilePieces(i)
		e.root, e.hasRoot = p.v2[first], true
		if end-first > 1 {
			layers[i] = p.v2[first:end:end]
			e.root = merkle.RootOfLayer(layers[i], height)
		}
	}
	return layers
}

// encodeInfo writes the info dictionary.
func (p *Plan) encodeInfo() []byte {
	var b bencode.Builder
	b.String("name", p.options.Name).Int("piece length", p.options.PieceLength)
	if p.options.Private {
		b.Int("private", 1)
	}
	if source := cleanText(p.options.Source); source != "" {
		b.String("source", source)
	}
	if p.NeedsV1() {
		p.encodeV1(&b)
	}
	if p.NeedsV2() {
		b.Int("meta version", 2).Raw("file tree", encodeTree(p.realFiles(), 0))
	}
	return b.Append(nil)
}

func (p *Plan) encodeV1(b *bencode.Builder) {
	pieces := make([]byte, 0, len(p.v1)*hashV1Size)
	for _, h := range p.v1 {
		pieces = append(pieces, h[:]...)
	}
	b.Bytes("pieces", pieces)
	if p.single {
		b.Int("length", p.list[0].length)
		return
	}
	list := make([][]byte, len(p.list))
	for i, e := range p.list {
		var file bencode.Builder
		file.Int("length", e.length).Strings("path", e.path)
		if e.pad {
			file.String("attr", e.attr)
		}
		list[i] = file.Append(nil)
	}
	b.Raw("files", bencode.AppendList(nil, list...))
}

func (p *Plan) realFiles() []entry {
	var files []entry
	for _, e := range p.list {
		if !e.pad {
			files = append(files, e)
		}
	}
	return files
}

// encodeTree writes the folder that sorted files have in common to the given depth.
func encodeTree(files []entry, depth int) []byte {
	var b bencode.Builder
	for len(files) > 0 {
		name, n := files[0].path[depth], 1
		for n < len(files) && files[n].path[depth] == name {
			n++
		}
		if len(files[0].path) == depth+1 {
			b.Raw(name, encodeLeaf(files[0]))
		} else {
			b.Raw(name, encodeTree(files[:n], depth+1))
		}
		files = files[n:]
	}
	return b.Append(nil)
}

func encodeLeaf(e entry) []byte {
	var file, node bencode.Builder
	file.Int("length", e.length)
	if e.hasRoot {
		file.Bytes("pieces root", e.root[:])
	}
	return node.Raw("", file.Append(nil)).Append(nil)
}
