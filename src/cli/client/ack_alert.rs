//! `session-authority alerts ack`.

use clap::{ArgGroup, Args};
use tonic::{Response, Status};

use crate::{
    api::{self, AlertVerdict},
    cli::{command_error::CommandError, terminal::RenderContext},
};

use super::{ServerConnection, UnaryCommand, revoke::format_revoked};

/// Answer an alert: it was the user, or it was somebody else
#[derive(Args)]
#[command(group = ArgGroup::new("verdict").required(true))]
pub struct AckCommand {
    /// Alert to answer
    alert_id: String,

    /// The user recognises it: the place and the device are known from now on
    #[arg(long, group = "verdict")]
    was_me: bool,

    /// Somebody else did it: end the session of the alert, and forget what detection learned from it
    #[arg(long, group = "verdict")]
    was_not_me: bool,

    /// Also end all other sessions of the user
    #[arg(long, conflicts_with = "was_me")]
    revoke_all: bool,

    /// User that the alert must be about
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Tenant that the alert must belong to [default: default with --user, else any]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Reason, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,
}

impl UnaryCommand for AckCommand {
    type Request = api::AckAlertRequest;
    type Answer = api::AckAlertResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let verdict = if self.was_me { AlertVerdict::WasMe } else { AlertVerdict::WasNotMe };
        Ok(api::AckAlertRequest {
            alert_id: self.alert_id.clone(),
            verdict: verdict.into(),
            revoke_all: self.revoke_all,
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            reason: self.reason.clone(),
            actor: self.actor.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().ack_alert(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        let done = if answer.already_acknowledged { "already answered\n" } else { "answered\n" };
        done.to_owned() + &format_revoked(&answer.session_ids)
    }
}
