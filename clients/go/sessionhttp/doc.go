// Package sessionhttp protects HTTP handlers with sessions.
//
// A [Guard] wraps a handler and lets only requests with an active session through, except for the paths that are listed
// as public or optional:
//
//	guard := sessionhttp.New(client, sessionhttp.Public("GET /{$}", "POST /sign-in"))
//	mux.Handle("GET /account", guard.Handler(func(w http.ResponseWriter, r *http.Request, session sessionauthority.Session) {
//		fmt.Fprintf(w, "Hello, %s\n", session.UserId)
//	}))
//	http.ListenAndServe(address, guard.Protect(mux))
//
// It responds itself to every other request, and the handler is not called:
//
//   - 401 without a session. The cookie is deleted.
//   - 403 if the user must authenticate again or more strongly, lacks a role, or if another site sent the request.
//   - 503 with Retry-After if it is unknown whether the user is signed in. The cookie is not touched. No option changes
//     that to "signed in" or "signed out".
package sessionhttp
