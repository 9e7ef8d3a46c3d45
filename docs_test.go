package groove_test

import (
	"go/ast"
	"go/build"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"slices"
	"strings"
	"testing"
)

func TestEveryPackageHasAComment(t *testing.T) {
	for _, r := range rooms(t) {
		files := r.files
		if len(files) == 0 {
			files = r.tests
		}
		if !slices.ContainsFunc(files, func(f source) bool { return f.ast.Doc != nil }) {
			t.Errorf("package %s has no package comment", r.dir)
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	for _, r := range rooms(t) {
		for _, f := range r.files {
			for _, decl := range f.ast.Decls {
				for _, name := range undocumented(decl) {
					t.Errorf("%s: %s has no doc comment", at(name.Pos()), name.Name)
				}
			}
		}
	}
}

// wellKnown lists methods whose meaning is their interface's.
var wellKnown = []string{"Error", "Unwrap", "String", "MarshalText", "UnmarshalText", "MarshalJSON", "UnmarshalJSON"}

// undocumented returns the exported names that a declaration leaves without a comment.
// A comment over a group of constants, variables or types counts for all of the group.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		known := decl.Recv != nil && slices.Contains(wellKnown, decl.Name.Name)
		if decl.Doc == nil && decl.Name.IsExported() && exportedReceiver(decl) && !known {
			return []*ast.Ident{decl.Name}
		}
	case *ast.GenDecl:
		if decl.Doc == nil && decl.Tok != token.IMPORT {
			return undocumentedSpecs(decl.Specs)
		}
	}
	return nil
}

// undocumentedSpecs lets a comment count for the lines that follow it without a gap.
func undocumentedSpecs(specs []ast.Spec) []*ast.Ident {
	var bare []*ast.Ident
	covered := -1 // the line up to which a comment counts
	for _, spec := range specs {
		name, documented := documentation(spec)
		first, last := fset.Position(spec.Pos()).Line, fset.Position(spec.End()).Line
		documented = documented || first == covered+1
		if documented {
			covered = last
		} else if name.IsExported() {
			bare = append(bare, name)
		}
	}
	return bare
}

// documentation returns the name that a spec declares, and whether it has a comment.
func documentation(spec ast.Spec) (name *ast.Ident, documented bool) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Name, spec.Doc != nil || spec.Comment != nil
	case *ast.ValueSpec:
		return spec.Names[0], spec.Doc != nil || spec.Comment != nil
	}
	return &ast.Ident{}, true
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, ok := t.(*ast.Ident)
	return !ok || name.IsExported()
}

// pages returns every page of the project.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			all = append(all, filepath.ToSlash(name))
		}
	}
	return all
}

var (
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	codeBlock = regexp.MustCompile("(?ms)^```.*?^```")
	pathLike  = regexp.MustCompile(`^\.?[A-Za-z0-9_*][A-Za-z0-9_.*/-]*$`)
	pageNames = regexp.MustCompile(`\.(go|md|sh|txt|mod)$`)
)

// namesAPath reports whether the text of a code span is meant as a path of this project: it ends like one of
// our files, or begins with one of our folders.
func namesAPath(span string) bool {
	if !pathLike.MatchString(span) || strings.HasPrefix(span, "*.") {
		return false
	}
	if pageNames.MatchString(span) {
		return true
	}
	first, _, below := strings.Cut(span, "/")
	info, err := os.Stat(first)
	return below && err == nil && info.IsDir()
}

// pathExists looks a path up from the root and from the page's own folder; a standard package counts too.
func pathExists(page, name string) bool {
	for _, base := range []string{".", path.Dir(page), filepath.Join(build.Default.GOROOT, "src")} {
		found, err := filepath.Glob(filepath.Join(base, filepath.FromSlash(name)))
		if err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

func TestPathsInPagesExist(t *testing.T) {
	for _, page := range pages(t) {
		text := codeBlock.ReplaceAllString(readPage(t, page), "")
		for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
			if name := strings.TrimPrefix(m[1], module); namesAPath(name) && !pathExists(page, name) {
				t.Errorf("%s names `%s`, which does not exist", page, m[1])
			}
		}
	}
}

func TestWhereIsIt(t *testing.T) {
	for _, row := range table(t, architecture, "## Where is it?") {
		spans := codeSpan.FindAllStringSubmatch(row[len(row)-1], -1)
		if len(spans) == 0 {
			t.Errorf("where is %q? The row names no path", row[0])
		}
		for _, m := range spans {
			if !pathExists(architecture, m[1]) {
				t.Errorf("where is %q? `%s` does not exist", row[0], m[1])
			}
		}
	}
}

var testName = regexp.MustCompile(`^(planned: )?((Test|Fuzz|Example)\w+)$`)

// TestGuardsExist reads the table of what must never happen: each line names the tests that fail when it does.
// A guard that is still to be written is marked "planned: TestName", and printed here.
func TestGuardsExist(t *testing.T) {
	exists := testFunctions(t)
	for _, row := range table(t, architecture, "## What must never happen") {
		spans := codeSpan.FindAllStringSubmatch(row[len(row)-1], -1)
		if len(spans) == 0 {
			t.Errorf("line %s of what must never happen names no test", row[0])
		}
		for _, span := range spans {
			m := testName.FindStringSubmatch(span[1])
			switch {
			case m == nil:
				t.Errorf("line %s: `%s` is not the name of a test", row[0], span[1])
			case m[1] != "" && exists[m[2]]:
				t.Errorf("line %s: %s exists, so it is not planned any more", row[0], m[2])
			case m[1] != "":
				t.Logf("line %s: %s is planned", row[0], m[2])
			case !exists[m[2]]:
				t.Errorf("line %s: there is no test %s", row[0], m[2])
			}
		}
	}
}

func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, r := range rooms(t) {
		for _, f := range r.tests {
			for _, decl := range f.ast.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
					names[fn.Name.Name] = true
				}
			}
		}
	}
	return names
}

// TestLimitsAreAsWritten compares the values on the page of limits with the source.
func TestLimitsAreAsWritten(t *testing.T) {
	page := readPage(t, "docs/limits.md")
	rows := regexp.MustCompile("(?m)^\\|[^|]*\\| `([^`]+)` \\| `([^`]+)` `(\\w+)` \\|").FindAllStringSubmatch(page, -1)
	if len(rows) == 0 {
		t.Fatal("docs/limits.md has no row of the form | bound | `value` | `file` `name` | what happens |")
	}
	for _, row := range rows {
		value, file, name := row[1], row[2], row[3]
		if got := valueOf(t, file, name); got != value {
			t.Errorf("docs/limits.md says %s = %s in %s; the source says %q", name, value, file, got)
		}
	}
}

// valueOf returns the text of a package-level constant's or variable's value, "" if there is none.
func valueOf(t *testing.T, file, name string) string {
	t.Helper()
	for _, r := range rooms(t) {
		for _, f := range r.files {
			if f.name != file {
				continue
			}
			for _, decl := range f.ast.Decls {
				if value := valueIn(decl, name); value != nil {
					from, to := fset.Position(value.Pos()).Offset, fset.Position(value.End()).Offset
					return readPage(t, file)[from:to]
				}
			}
		}
	}
	return ""
}

func valueIn(decl ast.Decl, name string) ast.Expr {
	group, ok := decl.(*ast.GenDecl)
	if !ok {
		return nil
	}
	for _, spec := range group.Specs {
		if v, ok := spec.(*ast.ValueSpec); ok && v.Names[0].Name == name && len(v.Values) > 0 {
			return v.Values[0]
		}
	}
	return nil
}
