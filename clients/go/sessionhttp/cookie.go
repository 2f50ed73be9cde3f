package sessionhttp

import (
	"crypto/rand"
	"net/http"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

const (
	// SessionCookie is the name of the cookie with the token.
	SessionCookie = "__Host-session"
	// DeviceCookie is the name of the cookie with the ID of the device.
	DeviceCookie = "__Host-device"

	// deviceCookieAge is the greatest age that browsers accept.
	deviceCookieAge = 400 * 24 * time.Hour
)

// setSessionCookie puts the token into the cookie. It ends with the browser, unless the session is remembered.
func setSessionCookie(w http.ResponseWriter, token sessionauthority.Token, session sessionauthority.Session) {
	cookie := hostCookie(SessionCookie, token.Reveal())
	if session.GetRemembered() {
		cookie.MaxAge = max(1, int(time.Until(session.GetExpiresAt().AsTime()).Seconds()))
	}
	setCookie(w, cookie)
}

// deleteSessionCookie makes the browser delete the token.
func deleteSessionCookie(w http.ResponseWriter) {
	cookie := hostCookie(SessionCookie, "")
	cookie.MaxAge = -1
	setCookie(w, cookie)
}

// ensureDeviceID returns the ID of the browser, and sets a new one if it has none.
func ensureDeviceID(w http.ResponseWriter, r *http.Request) string {
	if id := deviceID(r); id != "" {
		return id
	}
	return setDeviceID(w)
}

func deviceID(r *http.Request) string {
	cookie, err := r.Cookie(DeviceCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func setDeviceID(w http.ResponseWriter) string {
	id := rand.Text()
	cookie := hostCookie(DeviceCookie, id)
	cookie.MaxAge = int(deviceCookieAge.Seconds())
	setCookie(w, cookie)
	return id
}

// hostCookie returns a cookie for this host only, out of the reach of scripts and of other sites.
func hostCookie(name, value string) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func setCookie(w http.ResponseWriter, cookie *http.Cookie) {
	http.SetCookie(w, cookie)
	w.Header().Set("Cache-Control", "no-store")
}
