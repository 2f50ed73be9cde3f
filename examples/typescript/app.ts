// A small application: sign-in, an account page, "your devices", sign-out, and a page that needs a second factor.
import express, { type Express } from "express";
import type { Session, SessionAuthority } from "@session-authority/client";
import { currentSession, ExpressGuard } from "@session-authority/client/express";
import { html, page } from "./html.js";

/** Stands for your check of a user's credentials. */
function checkPassword({ user, password }: { user?: unknown; password?: unknown }): string | undefined {
  return typeof user === "string" && user !== "" && password === "demo" ? user : undefined;
}

export function createApp(authority: SessionAuthority): Express {
  const guard = new ExpressGuard({ authority, public: ["GET /", "POST /sign-in"] });
  const app = express();
  app.disable("x-powered-by");

  // Everything below needs a session, except the two public paths.
  app.use(guard.protect());

  app.get("/", (_req, res) => {
    res.send(
      page(
        "Sign in",
        html`<form method="post" action="/sign-in">
          <label>User <input name="user" autocomplete="username" required /></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
          <button>Sign in</button> (any user, password “demo”)
        </form>`,
      ),
    );
  });

  app.post("/sign-in", express.urlencoded(), async (req, res) => {
    const authenticatedAt = new Date();
    const userId = checkPassword(req.body as object);
    if (userId === undefined) {
      res.status(401).send(page("Sign in", html`<p>Wrong user name or password. <a href="/">Try again</a></p>`));
      return;
    }
    await guard.signIn(req, res, { userId, authMethods: ["pwd"], assuranceLevel: 1, authenticatedAt });
    res.redirect(303, "/account");
  });

  app.get("/account", (req, res) => {
    res.send(
      page(
        "Account",
        html`<p>Hello, ${currentSession(req).userId}</p>
          <p><a href="/devices">Your devices</a> · <a href="/transfer">Transfer money</a></p>
          <form method="post" action="/sign-out"><button>Sign out</button></form>`,
      ),
    );
  });

  app.get("/devices", async (req, res) => {
    const { userId, sessionId } = currentSession(req);
    const sessions = await authority.list({ userId, currentSessionId: sessionId });
    res.send(
      page(
        "Your devices",
        html`<ul>
          ${sessions.map(deviceItem)}
        </ul>`,
      ),
    );
  });

  app.post("/devices/:sessionId/sign-out", async (req, res) => {
    // With the user ID, nobody can end the session of another user.
    const { userId } = currentSession(req);
    await authority.revoke({
      userId,
      sessionId: req.params.sessionId,
      reason: "ended on the devices page",
      actor: userId,
    });
    res.redirect(303, "/devices");
  });

  app.post("/sign-out", async (req, res) => {
    await guard.signOut(req, res);
    res.redirect(303, "/");
  });

  app.get("/transfer", guard.requireStepUp({ maxAuthAgeMs: 300_000, minAssuranceLevel: 2 }), (_req, res) => {
    res.send(page("Transfer", html`<p>Here you could transfer money.</p>`));
  });

  return app;
}

function deviceItem(session: Session) {
  const where = [session.location?.city, session.location?.country, session.location?.ip].filter(Boolean).join(", ");
  const action = session.current
    ? html`this device`
    : html`<form method="post" action="/devices/${session.sessionId}/sign-out"><button>Sign out</button></form>`;
  return html`<li data-session-id="${session.sessionId}" data-current="${String(session.current)}">
    ${session.device.name}, ${where}, last active ${session.lastActiveAt.toISOString()} ${action}
  </li>`;
}
