package main

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"groove/torrent/metainfo"
)

// shown is what show prints as JSON. What a magnet link does not say is null.
type shown struct {
	Name        *string     `json:"name"`
	V1          *string     `json:"v1"`
	V2          *string     `json:"v2"`
	PieceLength *int        `json:"piece_length"`
	Pieces      *int        `json:"pieces"`
	TotalLength *int64      `json:"total_length"` // padding included
	Files       []shownFile `json:"files"`
	Trackers    [][]string  `json:"trackers"`
	WebSeeds    []string    `json:"web_seeds"`
	Private     *bool       `json:"private"`
	Comment     *string     `json:"comment"`
	CreatedBy   *string     `json:"created_by"`
}

// shownFile is one file; its path is inside the torrent's name, as --select takes it.
type shownFile struct {
	Path   string  `json:"path"`
	Length int64   `json:"length"`
	Pad    bool    `json:"pad"`
	Root   *string `json:"root"`
}

func showCommand(e *env) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "show FILE|MAGNET",
		Short:   "Show what a torrent file or magnet link says",
		Example: "  groove torrent show 1977-05-08.torrent\n  groove torrent show --json \"magnet:?xt=urn:btih:...\"",
		Args:    between(1, 1, "FILE or MAGNET"),
		RunE: func(c *cobra.Command, args []string) error {
			return runShow(c.Context(), e, args[0], asJSON)
		},
		ValidArgsFunction: completeTorrentThenFolder,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func runShow(ctx context.Context, e *env, link string, asJSON bool) error {
	src, err := openLink(ctx, link, false)
	if err != nil {
		return err
	}
	if asJSON {
		what := showMagnet(src.magnet)
		if src.meta != nil {
			what = showMetainfo(src.meta)
		}
		return writeJSON(e.stdout, what)
	}
	if src.magnet != nil {
		tellMagnet(e.stdout, src.magnet)
		return nil
	}
	tellMetainfo(e.stdout, src.meta)
	return nil
}

func showMagnet(m *metainfo.Magnet) shown {
	if m == nil {
		return shown{}
	}
	s := shown{Name: orNull(m.Name), Trackers: magnetTiers(m), WebSeeds: notNil(m.WebSeeds)}
	s.V1, s.V2 = hashesOf(m.ID)
	if m.Length > 0 {
		s.TotalLength = &m.Length
	}
	return s
}

func showMetainfo(m *metainfo.Metainfo) shown {
	l := m.Info.Layout
	pieceLength, pieces, total := l.PieceLength(), l.Pieces(), l.Total()
	s := shown{
		Name: &m.Info.Name, PieceLength: &pieceLength, Pieces: &pieces, TotalLength: &total,
		Files: []shownFile{}, Trackers: notNil(m.Trackers), WebSeeds: notNil(m.WebSeeds),
		Private: &m.Info.Private, Comment: orNull(m.Comment), CreatedBy: orNull(m.CreatedBy),
	}
	s.V1, s.V2 = hashesOf(m.Info.ID)
	for _, f := range m.Info.Files {
		file := shownFile{Path: insideName(m.Info, f.Path), Length: f.Length, Pad: f.Pad}
		if f.HasRoot {
			root := f.Root.String()
			file.Root = &root
		}
		s.Files = append(s.Files, file)
	}
	return s
}

// insideName takes the torrent's name off a path, as --select has it; a single file keeps it.
func insideName(info *metainfo.Info, file string) string {
	if _, inside, ok := strings.Cut(file, "/"); ok && !info.SingleFile {
		return inside
	}
	return path.Clean(file)
}

func tellMagnet(w io.Writer, m *metainfo.Magnet) {
	row := rows(w)
	row("name", m.Name)
	v1, v2 := hashesOf(m.ID)
	row("v1", orEmpty(v1))
	row("v2", orEmpty(v2))
	if m.Length > 0 {
		row("size", humanBytes(m.Length))
	}
	for _, u := range m.Trackers {
		row("tracker", u)
	}
	for _, u := range m.WebSeeds {
		row("web seed", u)
	}
	for _, p := range m.Peers {
		row("peer", p)
	}
	fmt.Fprintln(w, "\nA magnet link names a torrent; files and pieces come from its peers.")
}

func tellMetainfo(w io.Writer, m *metainfo.Metainfo) {
	row := rows(w)
	l := m.Info.Layout
	row("name", m.Info.Name)
	v1, v2 := hashesOf(m.Info.ID)
	row("v1", orEmpty(v1))
	row("v2", orEmpty(v2))
	row("size", fmt.Sprintf("%s in %s of %s", humanBytes(l.DataTotal()), counted(l.Pieces(), "piece"), humanBytes(int64(l.PieceLength()))))
	if m.Info.Private {
		row("private", "yes: peers come from its trackers alone")
	}
	for i, tier := range m.Trackers {
		row(fmt.Sprintf("tracker %d", i+1), strings.Join(tier, ", "))
	}
	for _, u := range m.WebSeeds {
		row("web seed", u)
	}
	row("comment", m.Comment)
	row("made by", m.CreatedBy)
	for _, flaw := range m.Flaws {
		row("odd", flaw)
	}
	fmt.Fprintln(w)
	pads := 0
	for _, f := range m.Info.Files {
		switch {
		case f.Pad:
			pads++
		case f.IsSymlink():
			fmt.Fprintf(w, "%10s  %s -> %s (a link; it is not made)\n", "", printable(insideName(m.Info, f.Path)), printable(f.Symlink))
		default:
			fmt.Fprintf(w, "%10s  %s\n", humanBytes(f.Length), printable(insideName(m.Info, f.Path)))
		}
	}
	if pads > 0 {
		fmt.Fprintf(w, "%10s  and %s, which nobody stores\n", "", counted(pads, "piece of padding"))
	}
}

// rows prints "name  value" lines; a row without value is left out.
func rows(w io.Writer) func(name, value string) {
	return func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-10s %s\n", name, printable(value))
		}
	}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
