// Package testserver runs a development server of the session authority for tests.
package testserver

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

const startTimeout = 2 * time.Minute

// patience has time limits for a machine that may be busy.
var patience = []string{
	"SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT=30s",
	"SESSION_AUTHORITY__SERVER__MESSAGE_TIMEOUT=30s",
	"SESSION_AUTHORITY__STORE__RESPONSE_TIMEOUT=30s",
}

// Server is a running server.
type Server struct {
	// Target is its address.
	Target string

	program, management, data string
	command                   *exec.Cmd
}

// shared is the server of all tests of a package that do not stop it.
var shared *Server

// Main runs the tests of a package, for its TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if shared != nil {
		shared.Stop()
		_ = os.RemoveAll(shared.data)
	}
	os.Exit(code)
}

// Shared returns the server of all tests of the package, and starts it for the first one.
func Shared(t *testing.T) *Server {
	t.Helper()
	if shared == nil {
		data, err := os.MkdirTemp("", "session-authority-")
		if err != nil {
			t.Fatal(err)
		}
		server := newServer(t, data)
		server.Restart(t)
		shared = server
	}
	return shared
}

// Start starts a server that the test may stop. It ends with the test.
func Start(t *testing.T) *Server {
	t.Helper()
	server := newServer(t, t.TempDir())
	server.Restart(t)
	t.Cleanup(server.Stop)
	return server
}

func newServer(t *testing.T, data string) *Server {
	t.Helper()
	return &Server{program: program(t), Target: freeAddress(t), management: freeAddress(t), data: data}
}

// Restart starts the server again, with the same address and data.
func (s *Server) Restart(t *testing.T) {
	t.Helper()
	s.command = exec.Command(s.program, "dev", "--listen", s.Target, "--management", s.management, "--data", s.data)
	s.command.Env = append(os.Environ(), patience...)
	if err := s.command.Start(); err != nil {
		t.Fatalf("cannot start %s: %v", s.program, err)
	}
	deadline := time.Now().Add(startTimeout)
	for !s.isReady() {
		if s.command.ProcessState != nil || time.Now().After(deadline) {
			t.Fatalf("%s does not get ready on %s", s.program, s.Target)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// isReady reports whether the server serves calls.
func (s *Server) isReady() bool {
	response, err := http.Get("http://" + s.management + "/readyz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Stop ends the server.
func (s *Server) Stop() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

// program returns the server's program: that of the environment variable SESSION_AUTHORITY_PROGRAM, or the debug build.
func program(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("SESSION_AUTHORITY_PROGRAM"); named != "" {
		return named
	}
	_, file, _, _ := runtime.Caller(0)
	built := filepath.Join(filepath.Dir(file), "../../../../target/debug/session-authority")
	if _, err := os.Stat(built); err != nil {
		t.Fatalf("no server to test with; run `cargo build`, or set SESSION_AUTHORITY_PROGRAM: %v", err)
	}
	return built
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
