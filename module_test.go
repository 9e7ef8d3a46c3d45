// Package groove_test checks what holds for the whole module: its doors, and that its pages are true.
//
// It reads source and pages; it runs nothing. Start reading at deps_test.go.
package groove_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A source is one parsed Go file. Its name is relative to the module's root, with slashes.
type source struct {
	name string
	ast  *ast.File
}

// A room is one package of the module, as a folder relative to the root ("torrent/wire").
type room struct {
	dir   string
	files []source // what ships
	tests []source // _test.go
}

var fset = token.NewFileSet()

var parseModule = sync.OnceValues(func() (map[string]*room, error) {
	rooms := map[string]*room{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			return skipFolder(name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if rooms[dir] == nil {
			rooms[dir] = &room{dir: dir}
		}
		r := rooms[dir]
		if strings.HasSuffix(name, "_test.go") {
			r.tests = append(r.tests, source{name, file})
		} else {
			r.files = append(r.files, source{name, file})
		}
		return nil
	})
	return rooms, err
})

// skipFolder leaves out hidden folders, fixtures and nested modules (tools).
func skipFolder(name string) error {
	base := path.Base(name)
	if name != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != "." {
		return fs.SkipDir
	}
	return nil
}

// rooms returns all packages of the module by folder.
func rooms(t *testing.T) []*room {
	t.Helper()
	byDir, err := parseModule()
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*room, 0, len(byDir))
	for _, r := range byDir {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *room) int { return strings.Compare(a.dir, b.dir) })
	return all
}

// imports returns the import paths of a file.
func imports(f source) []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

func at(pos token.Pos) string {
	p := fset.Position(pos)
	return filepath.ToSlash(p.Filename) + ":" + strconv.Itoa(p.Line)
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// table returns the cells of the first table below a heading of a page, without its head row.
func table(t *testing.T, page, heading string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(readPage(t, page), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no heading %q", page, heading)
	}
	var rows [][]string
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || len(rows) > 0 && line == "" {
			break
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) < 3 {
		t.Fatalf("%s has no table below %q", page, heading)
	}
	return rows[2:] // the head and the line below it
}
