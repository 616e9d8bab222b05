package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built client, rooted where its index.html is, and whether
// there is a build in it at all. It cannot fail: the tree is part of the binary.
func Files() (fs.FS, bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: dist is not a valid path: " + err.Error()) // a constant path, never at run time
	}
	_, err = fs.Stat(files, "index.html")
	return files, err == nil
}
