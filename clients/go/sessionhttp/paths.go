package sessionhttp

import (
	"net/http"
	"strings"
)

// pathPatterns are patterns of paths. The zero value contains none.
type pathPatterns struct{ mux *http.ServeMux }

// listedPath marks the patterns, so that redirects of the multiplexer are not taken for them.
type listedPath struct{}

func (listedPath) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (p *pathPatterns) add(patterns []string) {
	if p.mux == nil {
		p.mux = http.NewServeMux()
	}
	for _, pattern := range patterns {
		p.mux.Handle(pattern, listedPath{})
	}
}

// contains reports whether the request is to a listed path. A path that another router may read differently is not
// listed: one with `..`, an empty segment, a semicolon, or an escaped slash, dot, backslash or percent sign. Nor is that
// of a CONNECT, which the multiplexer does not normalise.
func (p *pathPatterns) contains(r *http.Request) bool {
	isAmbiguous := r.URL.RawPath != "" || strings.ContainsAny(r.URL.Path, ";\\%\x00") || r.Method == http.MethodConnect
	if p.mux == nil || isAmbiguous {
		return false
	}
	handler, _ := p.mux.Handler(r)
	_, isListed := handler.(listedPath)
	return isListed
}
