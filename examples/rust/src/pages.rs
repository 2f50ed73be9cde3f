//! The pages.

use session_authority_client::api::Session;

pub const SIGN_IN: &str = r#"<!doctype html><title>Sign in</title>
<form method="post" action="/sign-in">
  <label>User <input name="user" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Sign in</button>
</form>
"#;

pub fn account(user: &str) -> String {
    format!(
        r#"<!doctype html><title>Account</title>
<h1>Hello, {}</h1>
<p><a href="/devices">Your devices</a></p>
<form method="post" action="/sign-out"><button>Sign out</button></form>
"#,
        escape(user)
    )
}

pub fn devices(sessions: &[Session]) -> String {
    let items: Vec<_> = sessions.iter().map(device).collect();
    format!("<!doctype html><title>Your devices</title>\n<h1>Your devices</h1>\n<ul>\n{}</ul>\n", items.concat())
}

fn device(session: &Session) -> String {
    let id = escape(&session.session_id);
    let name = escape(session.device.as_ref().map_or("Unknown device", |device| &device.name));
    if session.current {
        return format!("<li data-session-id=\"{id}\" data-current=\"true\">{name} (this device)</li>\n");
    }
    format!(
        "<li data-session-id=\"{id}\">{name} <form method=\"post\" action=\"/devices/{id}/sign-out\"><button>Sign \
         out</button></form></li>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
