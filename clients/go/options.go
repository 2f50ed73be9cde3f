package sessionauthority

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
)

// Option is an option of [New].
type Option func(*settings) error

type settings struct {
	apiKey          string
	tls             *tls.Config
	validateTimeout time.Duration
	callTimeout     time.Duration
	adminTimeout    time.Duration
	cacheEntries    int
	cacheTTL        time.Duration
	dialOptions     []grpc.DialOption
}

func defaultSettings() settings {
	return settings{validateTimeout: time.Second, callTimeout: 2 * time.Second, adminTimeout: 35 * time.Second}
}

// WithAPIKey sends the API key with every call. Omit it only for a development server on this machine.
func WithAPIKey(key string) Option {
	return func(s *settings) error {
		if key == "" {
			return &ConfigurationError{"the API key is empty"}
		}
		for _, letter := range []byte(key) {
			if letter <= ' ' || letter > '~' {
				return &ConfigurationError{"the API key contains a character other than visible ASCII, such as a line break"}
			}
		}
		s.apiKey = key
		return nil
	}
}

// WithTLS encrypts the connection and verifies the server by the root certificates of the system.
func WithTLS() Option { return WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}) }

// WithTLSConfig encrypts the connection with the given configuration.
func WithTLSConfig(config *tls.Config) Option {
	return func(s *settings) error {
		if config == nil {
			return &ConfigurationError{"the TLS configuration is nil"}
		}
		if config.InsecureSkipVerify {
			return &ConfigurationError{"InsecureSkipVerify would send the API key to anybody; set RootCAs instead"}
		}
		s.tls = config.Clone()
		return nil
	}
}

// TLSFiles names PEM files for an encrypted connection.
type TLSFiles struct {
	// CA has the root certificates that the server is verified by. If empty, those of the system.
	CA string
	// Certificate and Key identify this client (mTLS). If empty, it has no certificate.
	Certificate, Key string
	// ServerName is the name in the server's certificate. If empty, the host of the target.
	ServerName string
}

// WithTLSFiles encrypts the connection with the certificates in the given files, which are read by [New].
func WithTLSFiles(files TLSFiles) Option {
	return func(s *settings) error {
		config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: files.ServerName}
		if files.CA != "" {
			pem, err := os.ReadFile(files.CA)
			if err != nil {
				return &ConfigurationError{fmt.Sprintf("cannot read the root certificates: %v", err)}
			}
			config.RootCAs = x509.NewCertPool()
			if !config.RootCAs.AppendCertsFromPEM(pem) {
				return &ConfigurationError{fmt.Sprintf("%s contains no certificate", files.CA)}
			}
		}
		if (files.Certificate == "") != (files.Key == "") {
			return &ConfigurationError{"a client certificate needs both Certificate and Key"}
		}
		if files.Certificate != "" {
			certificate, err := tls.LoadX509KeyPair(files.Certificate, files.Key)
			if err != nil {
				return &ConfigurationError{fmt.Sprintf("cannot use the client certificate: %v", err)}
			}
			config.Certificates = []tls.Certificate{certificate}
		}
		s.tls = config
		return nil
	}
}

// WithTimeouts replaces the time limits of validations, of other calls, and of calls that use the audit database: those of
// [Admin], [Notifications] and [Webhooks]. A zero leaves the default.
func WithTimeouts(validate, call, admin time.Duration) Option {
	return func(s *settings) error {
		if validate < 0 || call < 0 || admin < 0 {
			return &ConfigurationError{"a time limit is negative"}
		}
		for _, limit := range []struct {
			value   time.Duration
			setting *time.Duration
		}{{validate, &s.validateTimeout}, {call, &s.callTimeout}, {admin, &s.adminTimeout}} {
			if limit.value > 0 {
				*limit.setting = limit.value
			}
		}
		return nil
	}
}

// WithVerdictCache reuses sessions for as long as the server permits (`cache_ttl`), and at most for maxTTL. A revocation
// during that time is not seen. It keeps at most maxEntries sessions, and forgets all of them with every change that is
// made through this client. Rejections and errors are never reused, nor are validations with STRONG consistency,
// MaxAuthAge or MinAssuranceLevel.
func WithVerdictCache(maxEntries int, maxTTL time.Duration) Option {
	return func(s *settings) error {
		if maxEntries <= 0 || maxTTL <= 0 {
			return &ConfigurationError{"the verdict cache needs a positive number of entries and a positive time"}
		}
		s.cacheEntries, s.cacheTTL = maxEntries, maxTTL
		return nil
	}
}

// WithDialOptions passes options to the gRPC connection, such as those of OpenTelemetry. They apply after the client's
// own.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) error {
		s.dialOptions = append(s.dialOptions, options...)
		return nil
	}
}
