//! `session-authority notifications extend`.

use std::time::Duration;

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand, exit_status, format_refused};
use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        option_values,
        terminal::RenderContext,
    },
};

/// Extend the lease of notifications, or give them back; exit code 1 if the lease does not hold one of them
#[derive(Args)]
pub struct NotificationExtendCommand {
    /// Lease of the notifications
    lease_id: String,

    /// Notifications, at most 100
    #[arg(required = true, value_name = "NOTIFICATION_ID")]
    notification_ids: Vec<String>,

    /// Time from now until the lease ends [default: none, they are given back]
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    visibility_timeout: Option<Duration>,
}

impl UnaryCommand for NotificationExtendCommand {
    type Request = api::ExtendRequest;
    type Answer = api::ExtendResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let timeout = self.visibility_timeout.unwrap_or_default();
        Ok(api::ExtendRequest {
            lease_id: self.lease_id.clone(),
            notification_ids: self.notification_ids.clone(),
            visibility_timeout: Some(option_values::to_proto_duration(timeout)),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.notifications().extend(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        let until = answer.leased_until.map(|until| until.to_string()).unwrap_or_default();
        format!("{} leased until {until}\n", answer.extended_ids.len()) + &format_refused(&answer.refused_ids)
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        exit_status(&answer.refused_ids)
    }
}
