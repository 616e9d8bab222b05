package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v5"
)

const (
	indexFile = "index.html"
	// assetsDir holds files whose names have a hash of their content.
	assetsDir = "assets/"
	// noncePlaceholder stands in a page where a response's nonce goes.
	noncePlaceholder = "__CSP_NONCE__"
)

// missingIndex is the page of a server without a built web client.
const missingIndex = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>chitchat</title>
<style nonce="` + noncePlaceholder + `">body { font-family: system-ui, sans-serif; margin: 4rem auto; max-width: 40rem; padding: 0 1rem }</style>
<h1>chitchat</h1>
<p>The server runs, but the web client is not built. Run <code>make web</code>, then build the server again.</p>
<p>The API is here all the same: <a href="/docs">see its description</a>.</p>
</html>
`

// encodings are the precompressed forms of a file, best first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// webFile is a file of the web client.
type webFile struct {
	name        string
	contentType string
	etag        string
	hashed      bool
	encodings   map[string]bool // by their names in Accept-Encoding
}

// webClient is the built web client.
type webClient struct {
	files fs.FS
	index []byte
	byURL map[string]*webFile
}

// openWebClient looks at all files once, so that a request can ask for nothing
// but what was there.
func openWebClient(files fs.FS) (*webClient, error) {
	w := &webClient{files: files, index: []byte(missingIndex), byURL: make(map[string]*webFile)}
	if files == nil {
		return w, nil
	}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		return w.add(name)
	})
	if err != nil {
		return nil, fmt.Errorf("read web client: %w", err)
	}
	return w, nil
}

func (w *webClient) add(name string) error {
	content, err := fs.ReadFile(w.files, name)
	if err != nil {
		return err
	}
	if name == indexFile {
		w.index = content
		return nil
	}
	file := &webFile{
		name:        name,
		contentType: contentType(name, content),
		hashed:      strings.HasPrefix(name, assetsDir),
		encodings:   make(map[string]bool),
	}
	sum := sha256.Sum256(content)
	file.etag = base64.RawURLEncoding.EncodeToString(sum[:12])
	for _, encoding := range encodings {
		if strings.HasSuffix(name, encoding.suffix) {
			if _, err := fs.Stat(w.files, strings.TrimSuffix(name, encoding.suffix)); err == nil {
				return nil // served as a form of that file
			}
		}
		if _, err := fs.Stat(w.files, name+encoding.suffix); err == nil {
			file.encodings[encoding.name] = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	w.byURL["/"+name] = file
	return nil
}

// contentType does not ask the machine's own tables, which differ.
func contentType(name string, content []byte) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".ico":
		return "image/x-icon"
	}
	if byName := mime.TypeByExtension(path.Ext(name)); byName != "" {
		return byName
	}
	return http.DetectContentType(content)
}

// serveIndex answers with the web client's page, for / and for the paths that
// the client routes by itself.
func (s *Server) serveIndex(c *echo.Context) error {
	if strings.Contains(c.Param("channel"), "/") {
		return echo.ErrNotFound
	}
	return servePage(c, s.web.index)
}

// servePage answers with the page and a nonce of its own.
func servePage(c *echo.Context, page []byte) error {
	nonce := newNonce()
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, pagePolicy(c.Request().Host, nonce))
	return c.HTMLBlob(http.StatusOK, bytes.ReplaceAll(page, []byte(noncePlaceholder), []byte(nonce)))
}

// serveFile answers where no route does: with a file of the web client, else
// with 404.
func (s *Server) serveFile(c *echo.Context) error {
	file, ok := s.web.byURL[c.Request().URL.Path]
	if !ok {
		return echo.ErrNotFound
	}
	header := c.Response().Header()
	if method := c.Request().Method; method != http.MethodGet && method != http.MethodHead {
		header.Set(echo.HeaderAllow, "GET, HEAD")
		return echo.ErrMethodNotAllowed
	}
	name, etag := file.name, file.etag
	if len(file.encodings) > 0 {
		header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		if encoding, suffix := file.choose(c.Request().Header.Get(echo.HeaderAcceptEncoding)); encoding != "" {
			header.Set(echo.HeaderContentEncoding, encoding)
			name, etag = name+suffix, etag+"-"+encoding
		}
	}
	content, err := s.web.open(name)
	if err != nil {
		return err
	}
	defer content.Close()
	header.Set(echo.HeaderContentType, file.contentType)
	header.Set("Etag", `"`+etag+`"`)
	header.Set(echo.HeaderCacheControl, "no-cache")
	if file.hashed {
		header.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, content)
	return nil
}

type seekCloser interface {
	io.ReadSeeker
	io.Closer
}

func (w *webClient) open(name string) (seekCloser, error) {
	file, err := w.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open web file: %w", err)
	}
	if seeker, ok := file.(seekCloser); ok {
		return seeker, nil
	}
	file.Close()
	return nil, fmt.Errorf("open web file: %T cannot seek", file)
}
