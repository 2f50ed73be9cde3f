package sessionhttp

import (
	"net/http"
)

// publicPaths are patterns of paths. The zero value contains none.
type publicPaths struct{ mux *http.ServeMux }

// publicPath marks the patterns, so that redirects of the multiplexer are not taken for them.
type publicPath struct{}

func (publicPath) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (p *publicPaths) add(patterns []string) {
	if p.mux == nil {
		p.mux = http.NewServeMux()
	}
	for _, pattern := range patterns {
		p.mux.Handle(pattern, publicPath{})
	}
}

// contains reports whether the request is to a public path. A path that another router may read differently is not
// public: one with `..`, with an empty segment, or with an escaped slash.
func (p *publicPaths) contains(r *http.Request) bool {
	if p.mux == nil || r.URL.RawPath != "" {
		return false
	}
	handler, _ := p.mux.Handler(r)
	_, isPublic := handler.(publicPath)
	return isPublic
}
