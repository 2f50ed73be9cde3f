//! `session-authority forget-user`.

use std::fmt::Write as _;

use clap::Args;
use tonic::{Code, Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, escape, pluralize},
    },
};

use super::{ServerConnection, UnaryCommand};

/// End all sessions of a user and erase all personal data
#[derive(Args)]
pub struct ForgetUserCommand {
    /// Tenant of the user [default: default]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// User to forget
    #[arg(long)]
    user: String,

    /// Reason, for the audit log; must not name the person
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// Confirm: erasure cannot be undone
    #[arg(long, required = true)]
    yes: bool,
}

impl UnaryCommand for ForgetUserCommand {
    type Request = api::ForgetUserRequest;
    type Answer = api::ForgetUserResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::ForgetUserRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            reason: self.reason.clone(),
            actor: self.actor.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.admin().forget_user(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        let mut text = format!("ended     {}\n", pluralize(answer.revoked_count, "session"));
        // Writing to a String does not fail.
        let _ = writeln!(text, "erased    {}", pluralize(answer.erased_count, "record"));
        if answer.retained.is_empty() {
            text.push_str("retained  nothing\n");
        }
        for retained in &answer.retained {
            let until = retained.until.map(|until| format!(", until {until}")).unwrap_or_default();
            let count =
                if retained.count > 0 { format!("{} in ", pluralize(retained.count, "record")) } else { String::new() };
            let kept = escape(&format!("{count}{}{until}: {}", retained.kind, retained.reason));
            let _ = writeln!(text, "retained  {kept}");
        }
        text
    }

    fn advice(_: &Self::Request, status: &Status) -> Option<String> {
        let unknown =
            matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown);
        unknown.then(|| "erasure may be partial; repeat until it succeeds".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;
    use crate::{cli::terminal::TerminalStyle, domain::UnixMillis};

    #[test]
    fn erased_and_retained_records_are_shown() {
        let command = ForgetUserCommand {
            tenant: String::new(),
            user: "ann".to_owned(),
            reason: String::new(),
            actor: String::new(),
            yes: true,
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let mut answer = api::ForgetUserResponse { revoked_count: 1, erased_count: 7, retained: Vec::new() };
        assert_eq!(command.text(&answer, view), "ended     1 session\nerased    7 records\nretained  nothing\n");
        answer.retained.push(api::RetainedRecords {
            kind: "session_events".to_owned(),
            count: 3,
            reason: "Proof of a session.".to_owned(),
            until: Some(Timestamp { seconds: 0, nanos: 0 }),
        });
        let expected = "retained  3 records in session_events, until 1970-01-01T00:00:00Z: Proof of a session.\n";
        assert!(command.text(&answer, view).ends_with(expected), "{}", command.text(&answer, view));
    }
}
