// Command example is a small web application with sign-in, "your devices", sign-out and protected pages.
package main

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	sessionauthority "github.com/session-authority/session-authority/clients/go"
	"github.com/session-authority/session-authority/clients/go/sessionhttp"
	"github.com/session-authority/session-authority/clients/go/sessionv1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	var options []sessionauthority.Option
	if key := os.Getenv("SESSION_AUTHORITY_API_KEY"); key != "" {
		options = append(options, sessionauthority.WithAPIKey(key))
	}
	target := cmp.Or(os.Getenv("SESSION_AUTHORITY_SERVER"), "127.0.0.1:50051")
	client, err := sessionauthority.New(target, options...)
	if err != nil {
		return err
	}
	address := net.JoinHostPort("127.0.0.1", cmp.Or(os.Getenv("PORT"), "8003"))
	log.Printf("listening on http://%s", address)
	server := &http.Server{Addr: address, Handler: newApplication(client), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// application has the pages.
type application struct {
	client *sessionauthority.Client
	guard  *sessionhttp.Guard
}

func newApplication(client *sessionauthority.Client) http.Handler {
	app := &application{client, sessionhttp.New(client, sessionhttp.Public("GET /{$}", "POST /sign-in"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", app.home)
	// Another site must not be able to sign its visitors in to an account of its own.
	mux.Handle("POST /sign-in", http.NewCrossOriginProtection().Handler(http.HandlerFunc(app.signIn)))
	mux.Handle("GET /account", app.guard.Handler(app.account))
	mux.Handle("GET /devices", app.guard.Handler(app.devices))
	mux.Handle("POST /devices/{session}/sign-out", app.guard.Handler(app.signOutDevice))
	mux.Handle("POST /sign-out", app.guard.Handler(app.signOut))
	mux.Handle("GET /transfer", app.guard.HandlerWith(
		sessionauthority.Requirements{MaxAuthAge: 5 * time.Minute, MinAssuranceLevel: 2}, app.transfer))
	return app.guard.Protect(mux)
}

func (a *application) home(w http.ResponseWriter, _ *http.Request) {
	page(w, "Sign in", `<form method="post" action="/sign-in"><label>User <input name="user"></label>
<label>Password <input name="password" type="password"></label> <button>Sign in</button></form>`)
}

func (a *application) signIn(w http.ResponseWriter, r *http.Request) {
	user := r.PostFormValue("user")
	// A real login service checks a password hash here, and reports failures with ReportAuthEvent.
	if user == "" || subtle.ConstantTimeCompare([]byte(r.PostFormValue("password")), []byte("demo")) != 1 {
		http.Error(w, "wrong user or password", http.StatusUnauthorized)
		return
	}
	_, err := a.guard.SignIn(w, r, &sessionv1.CreateRequest{
		UserId: user, AuthMethods: []string{"pwd"}, AssuranceLevel: 1, AuthenticatedAt: timestamppb.Now(),
	})
	if err != nil {
		unavailable(w, err)
		return
	}
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

func (a *application) account(w http.ResponseWriter, _ *http.Request, session sessionauthority.Session) {
	page(w, "Account", fmt.Sprintf(`<p>Hello, %s</p><p><a href="/devices">Your devices</a></p>
<form method="post" action="/sign-out"><button>Sign out</button></form>`, html.EscapeString(session.UserId)))
}

func (a *application) devices(w http.ResponseWriter, r *http.Request, session sessionauthority.Session) {
	sessions, err := a.client.List(r.Context(), &sessionv1.ListRequest{
		TenantId: session.TenantId, UserId: session.UserId, CurrentSessionId: session.SessionId,
	})
	if err != nil {
		unavailable(w, err)
		return
	}
	list := ""
	for _, other := range sessions {
		id, name := html.EscapeString(other.SessionId), html.EscapeString(other.GetDevice().GetName())
		if other.Current {
			list += fmt.Sprintf("<li data-session-id=\"%s\" data-current=\"true\">%s (this device)</li>\n", id, name)
			continue
		}
		list += fmt.Sprintf("<li data-session-id=\"%s\">%s <form method=\"post\" action=\"/devices/%s/sign-out\">"+
			"<button>Sign out</button></form></li>\n", id, name, id)
	}
	page(w, "Your devices", "<ul>\n"+list+"</ul>")
}

func (a *application) signOutDevice(w http.ResponseWriter, r *http.Request, session sessionauthority.Session) {
	_, err := a.client.Revoke(r.Context(), sessionauthority.RevokeRequest{
		Target: sessionauthority.SessionID(r.PathValue("session")),
		// Only a session of this user.
		TenantID: session.TenantId, UserID: session.UserId,
		Actor: session.UserId,
	})
	var call *sessionauthority.CallError
	if errors.As(err, &call) && len(call.Fields) > 0 {
		http.Error(w, "no such session", http.StatusBadRequest)
		return
	}
	if err != nil {
		unavailable(w, err)
		return
	}
	http.Redirect(w, r, "/devices", http.StatusSeeOther)
}

func (a *application) signOut(w http.ResponseWriter, r *http.Request, _ sessionauthority.Session) {
	if err := a.guard.SignOut(w, r); err != nil {
		unavailable(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *application) transfer(w http.ResponseWriter, _ *http.Request, session sessionauthority.Session) {
	page(w, "Transfer", "<p>"+html.EscapeString(session.UserId)+" may transfer money.</p>")
}

func unavailable(w http.ResponseWriter, err error) {
	log.Print(err)
	w.Header().Set("Retry-After", "1")
	http.Error(w, "temporarily unavailable", http.StatusServiceUnavailable)
}

func page(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'")
	_, _ = fmt.Fprintf(w, "<!doctype html>\n<html lang=\"en\"><title>%s</title>\n<h1>%s</h1>\n%s\n", title, title, body)
}
