// Package address reads the addresses of clients.
package address

import (
	"net/netip"
	"strings"
)

// Canonical returns the address without port and zone, or an empty string for text that is no address: a header that a
// client wrote must not be able to make a call fail.
func Canonical(text string) string {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().WithZone("").String()
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return ""
	}
	return address.WithZone("").String()
}
