package groove_test

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	architecture = "docs/architecture.md"
	module       = "groove/"
	testRooms    = "internal/test/"
)

// A door is one row of the doors table: which rooms may import what.
type door struct {
	rooms   []string // patterns of folders
	pure    bool
	inside  []string // patterns of our own packages, by folder
	outside []string // modules of others
}

// matches reports whether a folder is named by a pattern: "a/b" itself, "a/*" all below a.
func matches(pattern, dir string) bool {
	if below, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(dir, below+"/")
	}
	return pattern == dir
}

func anyMatches(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return p == "all" || matches(p, dir) })
}

func list(cell string) []string {
	if cell == "-" {
		return nil
	}
	items := strings.Split(cell, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

func doors(t *testing.T) []door {
	t.Helper()
	var all []door
	for _, row := range table(t, architecture, "## Doors") {
		if len(row) != 4 || row[1] != "P" && row[1] != "S" {
			t.Fatalf("a row of the doors table is not | rooms | P or S | own packages | modules |: %q", row)
		}
		all = append(all, door{list(row[0]), row[1] == "P", list(row[2]), list(row[3])})
	}
	return all
}

// doorOf returns the row of a room: one that names it before one that has it below a star.
func doorOf(all []door, dir string) (door, bool) {
	for _, d := range all {
		if slices.Contains(d.rooms, dir) {
			return d, true
		}
	}
	for _, d := range all {
		if anyMatches(d.rooms, dir) {
			return d, true
		}
	}
	return door{}, false
}

func TestDoors(t *testing.T) {
	all := doors(t)
	for _, r := range rooms(t) {
		if len(r.files) == 0 || strings.HasPrefix(r.dir, testRooms) {
			continue
		}
		d, ok := doorOf(all, r.dir)
		if !ok {
			t.Errorf("%s has no row in the doors table of %s", r.dir, architecture)
			continue
		}
		for _, f := range r.files {
			for _, imported := range imports(f) {
				checkDoor(t, d, r.dir, f.name, imported)
			}
		}
	}
}

func checkDoor(t *testing.T, d door, dir, file, imported string) {
	t.Helper()
	first, _, _ := strings.Cut(imported, "/")
	own, isOwn := strings.CutPrefix(imported, module)
	switch {
	case isOwn && strings.HasPrefix(own, testRooms):
		if dir != "bench" && dir != "sim" && !strings.HasPrefix(dir, "bench/") && !strings.HasPrefix(dir, "sim/") {
			t.Errorf("%s imports %s, which only tests, sim and bench may", file, own)
		}
	case isOwn && strings.HasPrefix(own, "internal/"): // leaves are open to all
	case isOwn:
		if !anyMatches(d.inside, own) {
			t.Errorf("%s imports %s: the doors table of %s has no such door for %s", file, own, architecture, dir)
		}
	case strings.Contains(first, "."):
		if !slices.ContainsFunc(d.outside, func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") }) {
			t.Errorf("%s imports %s: the doors table of %s does not name that module for %s", file, imported, architecture, dir)
		}
	}
}

// impure lists what a pure room never imports: input, output, threads, and randomness from nowhere.
var impure = []string{
	"net", "net/http", "net/smtp", "net/rpc", "net/textproto", "net/http/httptrace",
	"os", "os/exec", "os/signal", "os/user", "syscall", "io/ioutil", "sync", "sync/atomic", "context",
	"log", "log/slog", "crypto/rand", "math/rand", "runtime/trace", "golang.org/x/sys/unix",
}

// impureTime lists what a pure room never takes from package time: it is told the time.
var impureTime = []string{
	"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker", "Timer", "Ticker",
}

// seeded lists what a pure room may take from math/rand/v2: types, and sources that are seeded by the caller.
var seeded = []string{"Rand", "Source", "New", "NewPCG", "PCG", "NewChaCha8", "ChaCha8", "NewZipf", "Zipf"}

func TestPureRoomsDoNothingButCompute(t *testing.T) {
	all := doors(t)
	shellFiles := map[string]bool{}
	for _, row := range table(t, architecture, "### Files of shells in pure rooms") {
		shellFiles[row[0]] = true
	}
	for _, r := range rooms(t) {
		d, ok := doorOf(all, r.dir)
		if !ok || !d.pure || strings.HasPrefix(r.dir, testRooms) {
			continue
		}
		for _, f := range r.files {
			if !shellFiles[f.name] {
				checkPure(t, f)
			}
		}
		checkMapRanges(t, r)
	}
}

func checkPure(t *testing.T, f source) {
	t.Helper()
	for _, imported := range imports(f) {
		if slices.Contains(impure, imported) {
			t.Errorf("%s is in a pure room and imports %s", f.name, imported)
		}
	}
	timeName, randName := importName(f, "time"), importName(f, "math/rand/v2")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: go statement in a pure room", at(n.Pos()))
		case *ast.SelectStmt:
			t.Errorf("%s: select in a pure room", at(n.Pos()))
		case *ast.ChanType:
			t.Errorf("%s: channel in a pure room", at(n.Pos()))
		case *ast.SelectorExpr:
			checkSelector(t, n, timeName, randName)
		}
		return true
	})
}

func checkSelector(t *testing.T, n *ast.SelectorExpr, timeName, randName string) {
	t.Helper()
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return
	}
	if timeName != "" && x.Name == timeName && slices.Contains(impureTime, n.Sel.Name) {
		t.Errorf("%s: time.%s in a pure room: take now as an argument", at(n.Pos()), n.Sel.Name)
	}
	if randName != "" && x.Name == randName && !slices.Contains(seeded, n.Sel.Name) {
		t.Errorf("%s: rand.%s in a pure room: take a *rand.Rand as an argument", at(n.Pos()), n.Sel.Name)
	}
}

// importName returns the name by which a file calls a package, "" if it does not import it.
func importName(f source, pkg string) string {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value != `"`+pkg+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		if base := path.Base(pkg); base != "v2" {
			return base
		}
		return path.Base(path.Dir(pkg))
	}
	return ""
}

// checkMapRanges wants each range over a map to be sorted afterwards in the same function,
// or to have a comment that says why the order cannot show.
func checkMapRanges(t *testing.T, r *room) {
	t.Helper()
	types := typesOf(r)
	for _, f := range r.files {
		for _, decl := range f.ast.Decls {
			ast.Inspect(decl, func(n ast.Node) bool {
				loop, ok := n.(*ast.RangeStmt)
				if ok && types.isMap(loop.X) && !sortsAfter(decl, loop.End()) && !explained(f, loop) {
					t.Errorf("%s: range over a map in a pure room: sort, or say in a comment why order cannot show", at(loop.Pos()))
				}
				return true
			})
		}
	}
}

// sortsAfter reports whether a function calls package sort or slices.Sort… behind pos.
func sortsAfter(decl ast.Decl, pos token.Pos) bool {
	found := false
	ast.Inspect(decl, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || sel.Pos() < pos {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		found = found || ok && (x.Name == "sort" || x.Name == "slices" && strings.HasPrefix(sel.Sel.Name, "Sort"))
		return true
	})
	return found
}

// explained reports whether a comment with the word "order" stands in the loop's line, right above it,
// or at the top of its body.
func explained(f source, loop *ast.RangeStmt) bool {
	line := fset.Position(loop.Pos()).Line
	for _, group := range f.ast.Comments {
		first, last := fset.Position(group.Pos()).Line, fset.Position(group.End()).Line
		if last >= line-1 && first <= line+1 && strings.Contains(strings.ToLower(group.Text()), "order") {
			return true
		}
	}
	return false
}
