//! `session-authority notifications lease`.

use std::time::Duration;

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        option_values,
        terminal::{RenderContext, escape, escape_lines},
    },
};

/// Lease notifications and print them with their texts
#[derive(Args)]
pub struct NotificationLeaseCommand {
    /// Tenant of the notifications [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// Number of notifications, at most 100 [default: 10]
    #[arg(long, default_value_t, hide_default_value = true)]
    max: u32,

    /// Time after which they are leased again unless they are acknowledged [default: 1m]
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    visibility_timeout: Option<Duration>,
}

impl UnaryCommand for NotificationLeaseCommand {
    type Request = api::LeaseRequest;
    type Answer = api::LeaseResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::LeaseRequest {
            tenant_id: self.tenant.clone(),
            max_notifications: self.max,
            visibility_timeout: self.visibility_timeout.map(option_values::to_proto_duration),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.notifications().lease(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        if answer.notifications.is_empty() {
            return "no notifications\n".to_owned();
        }
        let until = answer.leased_until.map(|until| until.to_string()).unwrap_or_default();
        let shown = answer.notifications.iter().map(format_notification);
        format!("lease {} until {until}\n", answer.lease_id) + &shown.collect::<String>()
    }
}

fn format_notification(notification: &api::Notification) -> String {
    let api::Notification { notification_id, user_id, email, subject, text, attempt, .. } = notification;
    let address = if email.is_empty() { "no address known" } else { email };
    format!(
        "\n{notification_id} to {} ({}), attempt {attempt}\nSubject: {}\n\n{}",
        escape(user_id),
        escape(address),
        escape(subject),
        escape_lines(text)
    )
}
