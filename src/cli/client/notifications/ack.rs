//! `session-authority notifications ack`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand, exit_status, format_refused};
use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        terminal::RenderContext,
    },
};

/// Acknowledge notifications that were delivered; exit code 1 if the lease does not hold one of them
#[derive(Args)]
pub struct NotificationAckCommand {
    /// Lease of the notifications
    lease_id: String,

    /// Notifications that were delivered, at most 100
    #[arg(required = true, value_name = "NOTIFICATION_ID")]
    notification_ids: Vec<String>,
}

impl UnaryCommand for NotificationAckCommand {
    type Request = api::AckRequest;
    type Answer = api::AckResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::AckRequest { lease_id: self.lease_id.clone(), notification_ids: self.notification_ids.clone() })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.notifications().ack(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        format!("acknowledged {}\n", answer.acknowledged_ids.len()) + &format_refused(&answer.refused_ids)
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        exit_status(&answer.refused_ids)
    }
}
