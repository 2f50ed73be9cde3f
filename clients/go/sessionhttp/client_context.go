package sessionhttp

import (
	"net"
	"net/http"
	"strings"

	"github.com/session-authority/session-authority/clients/go/internal/address"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

// RemoteAddress returns the address of the connection. It is the user's device only if no proxy is in between.
func RemoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// ForwardedFor returns the address that the outermost of your proxies saw, from the header X-Forwarded-For, to which each
// of them appends. The number of proxies must be exact: entries further left were sent by the client, which can write
// anything. If the header has fewer entries, the address is that of the connection.
func ForwardedFor(proxies int) func(*http.Request) string {
	return func(r *http.Request) string {
		entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if proxies < 1 || len(entries) < proxies {
			return RemoteAddress(r)
		}
		return strings.TrimSpace(entries[len(entries)-proxies])
	}
}

// clientContext describes the client of the request.
func (g *Guard) clientContext(r *http.Request) *sessionv1.ClientContext {
	return &sessionv1.ClientContext{
		Ip:             address.Canonical(g.clientIP(r)),
		UserAgent:      r.UserAgent(),
		AcceptLanguage: r.Header.Get("Accept-Language"),
		AcceptEncoding: r.Header.Get("Accept-Encoding"),
		DeviceId:       deviceID(r),
	}
}
