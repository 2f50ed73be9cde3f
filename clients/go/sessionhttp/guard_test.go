package sessionhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/internal/testserver"
	"github.com/session-authority/session-authority/clients/go/sessionhttp"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// application is an application behind a guard.
type application struct {
	server  *testserver.Server
	client  *sessionauthority.Client
	handler http.Handler
	// calls counts the calls of protected handlers.
	calls int
}

func start(t *testing.T, server *testserver.Server, options ...sessionhttp.Option) *application {
	t.Helper()
	client, err := sessionauthority.New(server.Target, sessionauthority.WithTimeouts(20*time.Second, 20*time.Second, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	application := &application{server: server, client: client}
	options = append(options,
		sessionhttp.Public("GET /{$}", "POST /sign-in", "GET /static/", "/files/"), sessionhttp.Optional("/greeting"))
	guard := sessionhttp.New(client, options...)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		request := &sessionv1.CreateRequest{UserId: "ann", Roles: []string{"reader"}, Remember: r.FormValue("remember") != ""}
		if _, err := guard.SignIn(w, r, request); err != nil {
			http.Error(w, err.Error(), sessionhttp.Status(err))
		}
	})
	mux.Handle("POST /sign-out", guard.Handler(func(w http.ResponseWriter, r *http.Request, _ sessionauthority.Session) {
		if err := guard.SignOut(w, r); err != nil {
			http.Error(w, err.Error(), sessionhttp.Status(err))
		}
	}))
	page := func(w http.ResponseWriter, _ *http.Request, session sessionauthority.Session) {
		application.calls++
		_, _ = fmt.Fprintf(w, "Hello, %s", session.UserId)
	}
	mux.Handle("/account", guard.Handler(page))
	mux.Handle("GET /transfer", guard.HandlerWith(sessionauthority.Requirements{
		MaxAuthAge: 5 * time.Minute, MinAssuranceLevel: 2,
	}, page))
	mux.Handle("GET /admin", guard.HandlerWith(sessionauthority.Requirements{AnyRole: []string{"admin"}}, page))
	mux.Handle("GET /reader", guard.HandlerWith(sessionauthority.Requirements{AnyRole: []string{"admin", "reader"}}, page))
	mux.HandleFunc("/greeting", func(w http.ResponseWriter, r *http.Request) {
		session, found := sessionhttp.SessionFromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%t %s", found, session.GetUserId())
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "home")
	})
	application.handler = guard.Protect(mux)
	return application
}

// send sends a request with headers, given as name and value in turn.
func (a *application) send(method, path string, headers ...string) *http.Response {
	request := httptest.NewRequest(method, path, nil)
	for index := 0; index < len(headers); index += 2 {
		request.Header.Add(headers[index], headers[index+1])
	}
	recorder := httptest.NewRecorder()
	a.handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

// signIn returns the Cookie header of a browser that has signed in.
func (a *application) signIn(t *testing.T) string {
	t.Helper()
	response := a.send("POST", "/sign-in")
	if response.StatusCode != http.StatusOK {
		t.Fatalf("got %s", response.Status)
	}
	return cookies(response)
}

func cookies(response *http.Response) string {
	var pairs []string
	for _, cookie := range response.Cookies() {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

func expectStatus(t *testing.T, response *http.Response, status int) {
	t.Helper()
	if response.StatusCode != status {
		t.Errorf("got %s instead of %d", response.Status, status)
	}
}

func TestOnlyPublicPathsNeedNoSession(t *testing.T) {
	application := start(t, testserver.Shared(t))
	for path, status := range map[string]int{
		"/": 200, "/static/style.css": 200,
		"/account": 401, "/unknown": 401, "/static": 401, "/sign-in": 401,
		"//": 401, "/static/../account": 401, "/static/..%2faccount": 401, "/static//account": 401,
		"/static/%2e%2e/account": 401, "/static/..;/account": 401, "/static/..%5Caccount": 401,
		"/static/%252e%252e/account": 401, "/static/./account": 401, "/STATIC/style.css": 401, "//static/style.css": 401,
	} {
		if response := application.send("GET", path); response.StatusCode != status {
			t.Errorf("%s: got %s instead of %d", path, response.Status, status)
		}
	}
	expectStatus(t, application.send("HEAD", "/"), 200)
	for _, method := range []string{"POST", "OPTIONS", "PATCH", "ANY"} {
		expectStatus(t, application.send(method, "/"), 401)
	}
	expectStatus(t, application.send("OPTIONS", "/files/list"), 200)
	expectStatus(t, application.send("CONNECT", "/files/../account"), 401)
	if application.calls != 0 {
		t.Errorf("%d requests reached a protected handler", application.calls)
	}
}

func TestASignedInUserReachesProtectedHandlers(t *testing.T) {
	application := start(t, testserver.Shared(t))
	cookie := application.signIn(t)
	expectStatus(t, application.send("GET", "/account", "Cookie", cookie), 200)
	if application.calls != 1 {
		t.Errorf("%d requests reached a protected handler", application.calls)
	}
}

func TestAHandlerCanRequireARole(t *testing.T) {
	application := start(t, testserver.Shared(t))
	cookie := application.signIn(t)
	expectStatus(t, application.send("GET", "/reader", "Cookie", cookie), 200)
	expectStatus(t, application.send("GET", "/admin", "Cookie", cookie), 403)
	expectStatus(t, application.send("GET", "/admin"), 401)
	if application.calls != 1 {
		t.Errorf("%d requests reached a protected handler", application.calls)
	}
}

func TestASessionCanBeOptionalButNotAVerdict(t *testing.T) {
	application := start(t, testserver.Start(t))
	cookie := application.signIn(t)
	rejected := sessionhttp.SessionCookie + "=sa_nonsense"
	for _, attempt := range []struct {
		cookies, greeting string
		deletes           int
	}{
		{cookie, "true ann", 0},
		{"", "false ", 0},
		{rejected, "false ", 1},
		{cookie + "; " + rejected, "false ", 1},
	} {
		response := application.send("GET", "/greeting", "Cookie", attempt.cookies)
		expectStatus(t, response, 200)
		body, _ := io.ReadAll(response.Body)
		if string(body) != attempt.greeting || len(response.Cookies()) != attempt.deletes {
			t.Errorf("%d cookies: got %q and %v", len(attempt.cookies), body, response.Cookies())
		}
	}
	expectStatus(t, application.send("POST", "/greeting", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"), 403)
	expectStatus(t, application.send("GET", "//greeting"), 401)
	application.server.Stop()
	response := application.send("GET", "/greeting", "Cookie", cookie)
	expectStatus(t, response, 503)
	if len(response.Cookies()) != 0 {
		t.Errorf("got %v", response.Cookies())
	}
}

func TestTheCookieIsOutOfTheReachOfScriptsAndOtherSites(t *testing.T) {
	application := start(t, testserver.Shared(t))
	for path, ageIsSet := range map[string]bool{"/sign-in": false, "/sign-in?remember=yes": true} {
		for _, cookie := range application.send("POST", path).Cookies() {
			if !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" ||
				cookie.SameSite != http.SameSiteLaxMode || !strings.HasPrefix(cookie.Name, "__Host-") {
				t.Errorf("got %v", cookie)
			}
			if cookie.Name == sessionhttp.SessionCookie && (cookie.MaxAge > 0) != ageIsSet {
				t.Errorf("%s: got the age %d", path, cookie.MaxAge)
			}
		}
	}
}

func TestARejectedTokenIsDeleted(t *testing.T) {
	application := start(t, testserver.Shared(t))
	response := application.send("GET", "/account", "Cookie", sessionhttp.SessionCookie+"=sa_nonsense")
	expectStatus(t, response, 401)
	deleted := response.Cookies()
	if len(deleted) != 1 || deleted[0].Name != sessionhttp.SessionCookie || deleted[0].MaxAge != -1 {
		t.Errorf("got %v", deleted)
	}
}

func TestWithoutAVerdictTheResponseIs503AndTheCookieRemains(t *testing.T) {
	application := start(t, testserver.Start(t))
	cookie := application.signIn(t)
	application.server.Stop()
	for _, path := range []string{"/account", "/transfer", "/unknown"} {
		response := application.send("GET", path, "Cookie", cookie)
		expectStatus(t, response, 503)
		if response.Header.Get("Retry-After") == "" || len(response.Cookies()) != 0 {
			t.Errorf("got %v", response.Header)
		}
	}
	expectStatus(t, application.send("POST", "/sign-out", "Cookie", cookie), 503)
	if application.calls != 0 {
		t.Errorf("%d requests reached a protected handler", application.calls)
	}
}

func TestDifferentTokensInOneRequestAreRefused(t *testing.T) {
	application := start(t, testserver.Shared(t))
	cookie := application.signIn(t)
	token := sessionOf(cookie)
	expectStatus(t, application.send("GET", "/account", "Authorization", "Bearer "+token), 200)
	expectStatus(t, application.send("GET", "/account", "Authorization", "bearer "+token, "Cookie", cookie), 200)
	expectStatus(t, application.send("GET", "/account", "Authorization", "Bearer sa_other", "Cookie", cookie), 401)
	expectStatus(t, application.send("GET", "/account", "Cookie", cookie+"; "+sessionhttp.SessionCookie+"=sa_other"), 401)
	expectStatus(t, application.send("GET", "/account", "Authorization", "Basic YTpi", "Cookie", cookie), 200)
}

func sessionOf(cookie string) string {
	_, rest, _ := strings.Cut(cookie, sessionhttp.SessionCookie+"=")
	token, _, _ := strings.Cut(rest, ";")
	return token
}

func TestOtherSitesCannotSendChangingRequestsWithTheCookie(t *testing.T) {
	application := start(t, testserver.Shared(t), sessionhttp.TrustedOrigins("https://app.example"))
	cookie := application.signIn(t)
	for _, attempt := range []struct {
		method  string
		headers []string
		status  int
	}{
		{"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"PUT", []string{"Origin", "https://evil.example"}, 403},
		{"DELETE", []string{"Origin", "null"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"POST", []string{"Sec-Fetch-Site", "none"}, 200},
		{"POST", []string{"Origin", "https://example.com"}, 200},
		{"POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"}, 200},
		{"POST", nil, 200},
		{"GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"GET", []string{"Upgrade", "websocket", "Origin", "https://evil.example"}, 403},
		{"GET", []string{"Upgrade", "WebSocket", "Sec-Fetch-Site", "same-site"}, 403},
		{"GET", []string{"Upgrade", "websocket", "Origin", "https://example.com"}, 200},
		{"GET", []string{"Upgrade", "websocket", "Origin", "https://app.example"}, 200},
	} {
		response := application.send(attempt.method, "/account", append(attempt.headers, "Cookie", cookie)...)
		if response.StatusCode != attempt.status {
			t.Errorf("%v: got %s", attempt, response.Status)
		}
	}
	response := application.send("POST", "/account",
		"Sec-Fetch-Site", "cross-site", "Authorization", "Bearer "+sessionOf(cookie))
	expectStatus(t, response, 200)
}

func TestAStepUpIsRequired(t *testing.T) {
	application := start(t, testserver.Shared(t))
	response := application.send("GET", "/transfer", "Cookie", application.signIn(t))
	expectStatus(t, response, 403)
	if !strings.Contains(response.Header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
		t.Errorf("got %v", response.Header)
	}
	if application.calls != 0 {
		t.Errorf("%d requests reached a protected handler", application.calls)
	}
}

func TestASignInEndsTheSessionThatTheBrowserHad(t *testing.T) {
	application := start(t, testserver.Shared(t))
	old := application.signIn(t)
	expectStatus(t, application.send("POST", "/sign-in", "Cookie", old), 200)
	expectStatus(t, application.send("GET", "/account", "Cookie", old), 401)
}

func TestOtherSitesCannotSignAUserIn(t *testing.T) {
	application := start(t, testserver.Shared(t), sessionhttp.TrustedOrigins("https://app.example"))
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		response := application.send("POST", "/sign-in", headers...)
		expectStatus(t, response, 403)
		if len(response.Cookies()) != 0 {
			t.Errorf("%v: got %v", headers, response.Cookies())
		}
	}
	response := application.send("POST", "/sign-in", "Sec-Fetch-Site", "cross-site", "Origin", "https://app.example")
	expectStatus(t, response, 200)
}

func TestASignOutEndsTheSession(t *testing.T) {
	application := start(t, testserver.Shared(t))
	cookie := application.signIn(t)
	response := application.send("POST", "/sign-out", "Cookie", cookie)
	expectStatus(t, response, 200)
	if deleted := response.Cookies(); len(deleted) != 1 || deleted[0].MaxAge != -1 {
		t.Errorf("got %v", deleted)
	}
	_, err := application.client.Validate(context.Background(), sessionauthority.ValidateRequest{
		Token: sessionauthority.NewToken(sessionOf(cookie)),
	})
	if rejected, ok := err.(*sessionauthority.Rejected); !ok || rejected.ReasonName() != "SIGNED_OUT" {
		t.Errorf("got %v", err)
	}
}

func TestARotatedTokenIsReplacedInTheCookie(t *testing.T) {
	application := start(t, testserver.Shared(t), sessionhttp.Rotate())
	old := application.signIn(t)
	rotated, err := application.client.Rotate(context.Background(), sessionauthority.NewToken(sessionOf(old)), nil)
	if err != nil {
		t.Fatal(err)
	}
	response := application.send("GET", "/account", "Cookie", old)
	expectStatus(t, response, 200)
	if sessionOf(cookies(response)) != rotated.Token.Reveal() {
		t.Errorf("the cookie was not replaced: %d cookies", len(response.Cookies()))
	}
}

func TestTheAddressIsThatOfTheOutermostProxy(t *testing.T) {
	for _, example := range []struct{ forwarded, address string }{
		{"6.6.6.6, 198.51.100.7, 10.0.0.1", "198.51.100.7"},
		{"198.51.100.7,10.0.0.1", "198.51.100.7"},
		{"10.0.0.1", "192.0.2.1"},
	} {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("X-Forwarded-For", example.forwarded)
		if address := sessionhttp.ForwardedFor(2)(request); address != example.address {
			t.Errorf("%s: got %s", example.forwarded, address)
		}
	}
}
