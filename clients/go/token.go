package sessionauthority

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
)

// maxTokenLength limits the text that is sent as a token. A token has at most 128 characters, so longer text is no
// token, and neither is its beginning.
const maxTokenLength = 256

// redactedToken is printed instead of a token.
const redactedToken = "sa_…"

// Token is the secret token of a session. It is never printed: fmt, encoding/json, encoding/xml and log/slog show
// "sa_…". Use [Token.Reveal] to put it into a cookie. The zero value is no token.
//
// Compare tokens with [Token.Equal], because == compares references.
type Token struct {
	// A pointer, because fmt prints unexported fields without calling their methods, and pointers as addresses.
	secret *string
}

// NewToken returns the token with the given text. Any text is accepted; the server rejects text that is no token.
func NewToken(text string) Token {
	if text == "" {
		return Token{}
	}
	return Token{secret: &text}
}

// Reveal returns the text of the token. Give it to the user's device, and to nobody else.
func (t Token) Reveal() string {
	if t.secret == nil {
		return ""
	}
	return *t.secret
}

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t.secret == nil }

// Equal reports whether both tokens are the same. The time that it takes does not depend on their text.
func (t Token) Equal(other Token) bool {
	return subtle.ConstantTimeCompare([]byte(t.Reveal()), []byte(other.Reveal())) == 1
}

// String returns "sa_…", or an empty string for the zero value.
func (t Token) String() string {
	if t.secret == nil {
		return ""
	}
	return redactedToken
}

// GoString returns the same as String.
func (t Token) GoString() string { return t.String() }

// Format writes the same as String for every verb.
func (t Token) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(t.String())) }

// MarshalText returns the same as String.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON returns the same as String, as a JSON string.
func (t Token) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// LogValue returns the same as String.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// wireText returns the text to send. Text that is not UTF-8, or too long, cannot be sent and is no token either; what
// is sent instead is rejected in the same way.
func (t Token) wireText() string {
	text := t.Reveal()
	if len(text) > maxTokenLength {
		text = text[:maxTokenLength]
	}
	return strings.ToValidUTF8(text, "?")
}

// revokeTarget makes a token a [Target].
func (Token) revokeTarget() {}
