//! `session-authority list`.

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, TextTable, escape},
    },
};

use super::{
    ServerConnection, UnaryCommand,
    session_format::{format_expiry, format_summary, format_user},
};

/// List the active sessions of a user, most recently active first
#[derive(Args)]
pub struct ListCommand {
    /// User whose sessions to list
    user: String,

    /// Tenant of the user [default: default]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Session to mark with a *
    #[arg(long, value_name = "SESSION_ID", default_value = "", hide_default_value = true)]
    current: String,
}

impl UnaryCommand for ListCommand {
    type Request = api::ListRequest;
    type Answer = api::ListResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::ListRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            current_session_id: self.current.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().list(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        if answer.sessions.is_empty() {
            return format!("{} has no active session\n", escape(&format_user(&self.tenant, &self.user)));
        }
        let mut table = TextTable::new(&["  DEVICE", "EXPIRES", "SESSION ID"]);
        for session in &answer.sessions {
            let mark = if session.current { '*' } else { ' ' };
            table.add_row([
                format!("{mark} {}", format_summary(session, view)),
                format_expiry(session, view),
                session.session_id.clone(),
            ]);
        }
        table.render(view.style)
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::{cli::terminal::TerminalStyle, domain::UnixMillis};

    const NOW: i64 = 1_700_000_000;

    fn session(name: &str, city: &str, ip: &str, minutes_ago: i64) -> api::Session {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        api::Session {
            session_id: format!("id-of-{name}"),
            device: Some(api::Device { name: name.to_owned(), ..api::Device::default() }),
            location: Some(api::Location { city: city.to_owned(), ip: ip.to_owned(), ..api::Location::default() }),
            last_active_at: at(NOW - 60 * minutes_ago),
            expires_at: at(NOW + 29 * 86_400),
            ..api::Session::default()
        }
    }

    fn text(sessions: Vec<api::Session>) -> String {
        let command = ListCommand { user: "ann".to_owned(), tenant: "acme".to_owned(), current: String::new() };
        let view = RenderContext { now: UnixMillis::new(1_700_000_000_000), style: TerminalStyle::PLAIN };
        command.text(&api::ListResponse { sessions }, view)
    }

    #[test]
    fn each_session_is_a_line_and_the_current_one_is_marked() {
        let phone = session("iPhone", "São Paulo", "192.0.2.1", 5);
        let laptop = api::Session { current: true, ..session("curl", "", "192.0.2.1", 90) };
        let expected = "  DEVICE                                EXPIRES  SESSION ID
  iPhone (São Paulo, active 5 min ago)  in 29 d  id-of-iPhone
* curl (192.0.2.1, active 90 min ago)   in 29 d  id-of-curl
";
        assert_eq!(text(vec![phone, laptop]), expected);
    }

    #[test]
    fn no_session_is_reported_in_words() {
        assert_eq!(text(Vec::new()), "ann (tenant acme) has no active session\n");
    }
}
