//! `session-authority revoke`.

use clap::{ArgGroup, Args};
use tonic::{Response, Status};

use crate::{
    api::{self, revoke_request::Target},
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, join_escaped_lines},
    },
};

use super::{ServerConnection, UnaryCommand, token_argument::TokenArgument};

/// Revoke a session, or the sessions of a device
#[derive(Args)]
#[command(group = ArgGroup::new("target").required(true))]
pub struct RevokeCommand {
    /// Session to revoke
    #[arg(long, value_name = "SESSION_ID", group = "target")]
    session: Option<String>,

    /// Token of the session to revoke, or - to read it from standard input
    #[arg(long, group = "target")]
    token: Option<TokenArgument>,

    /// Device of --user whose sessions to revoke
    #[arg(long, value_name = "DEVICE_ID", group = "target", requires = "user")]
    device: Option<String>,

    /// User that the session must belong to
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Tenant that the session must belong to [default: default with --user, else any]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Reason, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// The account was compromised: discard what detection learned from these sessions
    #[arg(long)]
    compromised: bool,
}

impl RevokeCommand {
    fn target(&self) -> Result<Option<Target>, CommandError> {
        if let Some(token) = &self.token {
            return Ok(Some(Target::Token(token.read()?)));
        }
        let session = self.session.clone().map(Target::SessionId);
        Ok(session.or_else(|| self.device.clone().map(Target::DeviceId)))
    }
}

impl UnaryCommand for RevokeCommand {
    type Request = api::RevokeRequest;
    type Answer = api::RevokeResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::RevokeRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            target: self.target()?,
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            sign_out: false,
            compromised: self.compromised,
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().revoke(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        if !answer.revoked {
            return "nothing to revoke: no such active session\n".to_owned();
        }
        format_revoked(&answer.session_ids)
    }
}

/// Returns a line for each revoked session.
pub fn format_revoked(session_ids: &[String]) -> String {
    join_escaped_lines(session_ids.iter().map(|id| format!("revoked {id}")))
}
