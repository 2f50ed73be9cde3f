package sessionhttp

import "net/http"

// isCrossSiteChange reports whether a page of another site sent a request that may change something. One that opens a
// WebSocket may, although its method is GET: the page could then send anything.
func (g *Guard) isCrossSiteChange(r *http.Request) bool {
	if r.Header.Get("Upgrade") != "" {
		r = r.WithContext(r.Context())
		r.Method = http.MethodPost
	}
	return g.origins.Check(r) != nil
}
