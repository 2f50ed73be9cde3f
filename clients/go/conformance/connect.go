package main

import (
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
)

// connectOptions are the options of `connect`.
type connectOptions struct {
	Target string  `json:"target"`
	APIKey *string `json:"api_key"`
	TLS    *struct {
		CAFile     string `json:"ca_file"`
		CertFile   string `json:"cert_file"`
		KeyFile    string `json:"key_file"`
		ServerName string `json:"server_name"`
	} `json:"tls"`
	ValidateDeadlineMS int64 `json:"validate_deadline_ms"`
	CallDeadlineMS     int64 `json:"call_deadline_ms"`
	Cache              *struct {
		MaxEntries int   `json:"max_entries"`
		MaxTTLMS   int64 `json:"max_ttl_ms"`
	} `json:"cache"`
}

func (a *adapter) connect(operation *operation) (any, error) {
	options := operation.Options
	chosen := []sessionauthority.Option{
		sessionauthority.WithTimeouts(milliseconds(options.ValidateDeadlineMS), milliseconds(options.CallDeadlineMS), 0),
	}
	if options.APIKey != nil {
		chosen = append(chosen, sessionauthority.WithAPIKey(*options.APIKey))
	}
	if tls := options.TLS; tls != nil {
		chosen = append(chosen, sessionauthority.WithTLSFiles(sessionauthority.TLSFiles{
			CA: tls.CAFile, Certificate: tls.CertFile, Key: tls.KeyFile, ServerName: tls.ServerName,
		}))
	}
	if cache := options.Cache; cache != nil {
		chosen = append(chosen, sessionauthority.WithVerdictCache(cache.MaxEntries, milliseconds(cache.MaxTTLMS)))
	}
	client, err := sessionauthority.New(options.Target, chosen...)
	if err != nil {
		return nil, err
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.clients[operation.Client] = client
	return object{}, nil
}

func (a *adapter) close(operation *operation) (any, error) {
	client, err := a.client(operation)
	if err != nil {
		return nil, err
	}
	return object{}, client.Close()
}

func milliseconds(number int64) time.Duration { return time.Duration(number) * time.Millisecond }
