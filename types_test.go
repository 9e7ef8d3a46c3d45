package groove_test

import (
	"go/ast"
	"go/types"
	"path"
	"strings"
)

// roomTypes knows the types of one room as far as our own source tells them.
type roomTypes struct{ info *types.Info }

// typesOf checks the types of a room. Packages of others stay empty and errors about them are ignored:
// maps are declared in our own code, and so this needs no compiled packages and takes milliseconds.
func typesOf(r *room) roomTypes {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	imp := &ownImporter{done: map[string]*types.Package{}}
	imp.check(r, info)
	return roomTypes{info}
}

// isMap reports whether an expression is a map, or iterates over one by maps.All, Keys or Values.
func (rt roomTypes) isMap(x ast.Expr) bool {
	if call, ok := x.(*ast.CallExpr); ok {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && types.ExprString(sel.X) == "maps" {
			return sel.Sel.Name == "All" || sel.Sel.Name == "Keys" || sel.Sel.Name == "Values"
		}
	}
	t := rt.info.Types[x].Type
	if t == nil {
		return false
	}
	_, isMap := t.Underlying().(*types.Map)
	return isMap
}

type ownImporter struct{ done map[string]*types.Package }

// Import implements types.Importer.
func (imp *ownImporter) Import(name string) (*types.Package, error) {
	if pkg := imp.done[name]; pkg != nil {
		return pkg, nil
	}
	byDir, _ := parseModule()
	if r := byDir[strings.TrimPrefix(name, module)]; r != nil {
		return imp.check(r, nil), nil
	}
	base := path.Base(name)
	if base == "v2" {
		base = path.Base(path.Dir(name))
	}
	pkg := types.NewPackage(name, base)
	pkg.MarkComplete()
	imp.done[name] = pkg
	return pkg, nil
}

func (imp *ownImporter) check(r *room, info *types.Info) *types.Package {
	var files []*ast.File
	for _, f := range r.files {
		files = append(files, f.ast)
	}
	imp.done[module+r.dir] = types.NewPackage(module+r.dir, path.Base(r.dir)) // ends a cycle, should one exist
	config := types.Config{Importer: imp, Error: func(error) {}, DisableUnusedImportCheck: true}
	pkg, _ := config.Check(module+r.dir, fset, files, info)
	imp.done[module+r.dir] = pkg
	return pkg
}
