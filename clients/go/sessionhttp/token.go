package sessionhttp

import (
	"net/http"
	"strings"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

// presentedToken is the token of a request.
type presentedToken struct {
	token sessionauthority.Token
	// isFromCookie states whether the browser sent the token by itself, possibly for another site.
	isFromCookie bool
}

// tokenFromRequest returns the token of the header `Authorization: Bearer` or of the cookie. Different tokens in one
// request are refused, because another program may choose another one of them.
func tokenFromRequest(r *http.Request) (presentedToken, error) {
	var found presentedToken
	for _, value := range r.Header.Values("Authorization") {
		scheme, text, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			continue
		}
		if err := found.add(strings.TrimSpace(text)); err != nil {
			return presentedToken{}, err
		}
	}
	isBearer := !found.token.IsZero()
	for _, cookie := range r.CookiesNamed(SessionCookie) {
		if err := found.add(cookie.Value); err != nil {
			return presentedToken{}, err
		}
	}
	if found.token.IsZero() {
		return presentedToken{}, ErrNoToken
	}
	found.isFromCookie = !isBearer
	return found, nil
}

func (p *presentedToken) add(text string) error {
	if text == "" {
		return nil
	}
	token := sessionauthority.NewToken(text)
	if !p.token.IsZero() && !p.token.Equal(token) {
		return ErrAmbiguousToken
	}
	p.token = token
	return nil
}
