package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

// holder contains a token as applications do, also in a field that fmt cannot call methods of.
type holder struct {
	Public  sessionauthority.Token
	private sessionauthority.Token
	Pointer *sessionauthority.Token
}

func (a *adapter) printToken(operation *operation) (any, error) {
	token := sessionauthority.NewToken(operation.Token)
	values := []any{
		token, &token, holder{token, token, &token}, &holder{token, token, &token},
		[]sessionauthority.Token{token}, map[string]sessionauthority.Token{"token": token},
		sessionauthority.ValidateRequest{Token: token}, sessionauthority.RevokeRequest{Target: token},
		sessionauthority.RevokeAllRequest{ExceptToken: token}, sessionauthority.Created{Token: token},
		sessionauthority.Rotated{Token: token}, sessionauthority.Updated{Token: token},
	}
	printed := []string{token.String(), token.GoString(), fmt.Sprint(token), fmt.Sprintln(token)}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
		if encoded, err := json.Marshal(value); err == nil {
			printed = append(printed, string(encoded))
		}
		if encoded, err := xml.Marshal(value); err == nil {
			printed = append(printed, string(encoded))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("message", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("message", "value", value)
		printed = append(printed, log.String())
	}
	return object{"printed": printed}, nil
}

func (a *adapter) revealToken(operation *operation) (any, error) {
	return object{"token": sessionauthority.NewToken(operation.Token).Reveal()}, nil
}
