package sessionhttp

import (
	"net/http"
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
// listed: one with `..`, with an empty segment, or with an escaped slash.
func (p *pathPatterns) contains(r *http.Request) bool {
	if p.mux == nil || r.URL.RawPath != "" {
		return false
	}
	handler, _ := p.mux.Handler(r)
	_, isListed := handler.(listedPath)
	return isListed
}
