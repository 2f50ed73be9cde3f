package sessionauthority

import (
	"net"
	"net/netip"
	"strings"
)

// isLocal reports whether the target is on this machine: a loopback address, "localhost" or a Unix socket. A target
// whose form is unknown is not.
func isLocal(target string) bool {
	if strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "unix-abstract:") {
		return true
	}
	if scheme, rest, found := strings.Cut(target, "://"); found {
		if scheme != "dns" && scheme != "passthrough" {
			return false
		}
		// An authority before the last slash names the DNS server to ask.
		authority, endpoint, _ := strings.Cut(rest, "/")
		if authority != "" {
			return false
		}
		target = endpoint
	} else {
		target = strings.TrimPrefix(strings.TrimPrefix(target, "dns:"), "passthrough:")
	}
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		host = strings.Trim(target, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
