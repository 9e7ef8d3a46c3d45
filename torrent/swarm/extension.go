package swarm

import (
	"net/netip"

	"groove/torrent/wire"
)

// sendExtHandshake tells which extension messages we take (BEP 10). Ids are the receiver's.
func (s *Swarm) sendExtHandshake(p *peer) {
	h := wire.ExtHandshake{
		Version: s.cfg.Version, ReqQ: ourReqQ, Port: s.cfg.Port, YourIP: p.Addr.Addr(), UploadOnly: s.done,
		Extensions: wire.Ours(wire.ExtMetadata, wire.ExtDontHave, wire.ExtUploadOnly),
	}
	if !s.private() {
		h.Extensions.Set(wire.ExtPEX, uint8(wire.ExtPEX))
	}
	if s.info != nil {
		h.MetadataSize = int64(len(s.info.Raw))
	}
	s.sendExt(p, uint8(wire.ExtHandshakeID), wire.AppendExtHandshake(nil, h))
}

// extended takes in an extension message.
func (s *Swarm) extended(p *peer, m wire.Message) {
	if !p.Extended {
		return
	}
	switch wire.Extension(m.ExtID) {
	case wire.ExtHandshakeID:
		s.extHandshake(p, m.Payload)
	case wire.ExtMetadata:
		s.metadataMessage(p, m.Payload)
	case wire.ExtPEX:
		s.pexMessage(p, m.Payload)
	case wire.ExtDontHave:
		if n, err := wire.ParseDontHave(m.Payload); err == nil {
			s.lostPiece(p, n)
		}
	case wire.ExtUploadOnly:
		if only, err := wire.ParseUploadOnly(m.Payload); err == nil {
			p.partial = only
			if only && s.running {
				s.dropIfBothComplete(p)
			}
		}
	}
}

// extHandshake takes in what a peer can do; a repeated one is merged.
func (s *Swarm) extHandshake(p *peer, payload []byte) {
	if p.ext.Update(payload) != nil {
		s.drop(p, BadExtension)
		return
	}
	p.partial = p.ext.UploadOnly
	if p.ext.Port != 0 && !p.Outgoing && !p.listen.IsValid() {
		p.listen = netip.AddrPortFrom(p.Addr.Addr(), p.ext.Port)
		s.known.learn(p.listen)
		s.known.connected(p.listen)
	}
	s.meta.offer(p)
	s.fetchMetadata(p)
	p.dirty = true
}

// tellUploadOnly says that we want nothing more (BEP 21).
func (s *Swarm) tellUploadOnly(p *peer) {
	if id := p.takes(wire.ExtUploadOnly); id != 0 {
		s.sendExt(p, id, wire.AppendUploadOnly(nil, true))
	}
}

func (s *Swarm) sendExt(p *peer, id uint8, payload []byte) {
	s.send(p, wire.Message{Kind: wire.Extended, ExtID: id, Payload: payload})
}

// takes returns the ID under which p takes an extension message, 0 if it does not.
func (p *peer) takes(e wire.Extension) uint8 { return p.ext.Extensions.ID(e) }
