//! `session-authority denylist deny`.

use std::time::Duration;

use clap::{ArgGroup, Args};
use prost_types::Timestamp;
use tonic::{Code, Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        option_values,
        terminal::{FieldList, RenderContext},
    },
    clock::{Clock, SystemClock},
};

/// Deny JWTs until they expire; a denial cannot be withdrawn
#[derive(Args)]
#[command(group = ArgGroup::new("until").required(true))]
pub struct DenyCommand {
    /// IDs of the JWTs (claim `jti`), at most 200
    #[arg(required = true, value_name = "JTI")]
    jtis: Vec<String>,

    /// Tenant of the JWTs [default: default]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// When the last of the JWTs expires (RFC 3339): claim `exp` and the clock tolerance of your services
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_timestamp_arg, group = "until")]
    expires_at: Option<Timestamp>,

    /// Deny the JWTs for so long: the lifetime of your JWTs and the clock tolerance of your services
    #[arg(long = "for", value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg, group = "until")]
    duration: Option<Duration>,

    /// Reason, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// Record the IDs in the audit log, and not only their digests
    #[arg(long)]
    record_jtis: bool,
}

impl UnaryCommand for DenyCommand {
    type Request = api::DenyRequest;
    type Answer = api::DenyResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let after = self.duration.map(|span| option_values::to_proto_timestamp(SystemClock.now().plus(span)));
        let expires_at = self.expires_at.or(after);
        let tokens = self.jtis.iter().map(|jti| api::DeniedToken { jti: jti.clone(), expires_at }).collect();
        Ok(api::DenyRequest {
            tenant_id: self.tenant.clone(),
            tokens,
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            record_jtis: self.record_jtis,
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.denylist().deny(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        facts.add("denied", answer.denied_count.to_string());
        if answer.already_denied_count > 0 {
            facts.add("already denied", answer.already_denied_count.to_string());
        }
        if answer.expired_count > 0 {
            facts.add("expired", format!("{}, not stored", answer.expired_count));
        }
        facts.render(view.style)
    }

    fn advice(_: &Self::Request, status: &Status) -> Option<String> {
        let unknown =
            matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown);
        unknown.then(|| "some of the JWTs may be denied; safe to retry".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::terminal::TerminalStyle, domain::UnixMillis};

    #[test]
    fn counts_that_are_zero_are_omitted_except_that_of_denied_jwts() {
        let command = DenyCommand {
            jtis: vec!["a".to_owned()],
            tenant: String::new(),
            expires_at: Some(Timestamp { seconds: 1, nanos: 0 }),
            duration: None,
            reason: String::new(),
            actor: String::new(),
            record_jtis: false,
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let mut answer = api::DenyResponse { denied_count: 0, already_denied_count: 0, expired_count: 0 };
        assert_eq!(command.text(&answer, view), "denied  0\n");
        (answer.denied_count, answer.already_denied_count, answer.expired_count) = (3, 2, 1);
        let expected = "denied          3\nalready denied  2\nexpired         1, not stored\n";
        assert_eq!(command.text(&answer, view), expected);
    }
}
