//! `session-authority webhooks replay`.

use clap::{ArgGroup, Args};
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand, cause::CauseArguments};
use crate::{
    api,
    cli::{
        client::session_filter::time_window,
        command_error::CommandError,
        option_values::{self, TimeArgument},
        terminal::{RenderContext, pluralize},
    },
    clock::{Clock, SystemClock},
};

/// Send messages again that were given up, by their IDs or by the time of their events
#[derive(Args)]
#[command(group = ArgGroup::new("selection").required(true).multiple(true))]
pub struct ReplayCommand {
    /// Name of the endpoint
    name: String,

    /// IDs of the messages, at most 200
    #[arg(value_name = "MESSAGE_ID", group = "selection", conflicts_with_all = ["since", "until"])]
    ids: Vec<String>,

    /// Messages of events at this time (RFC 3339, a day in UTC, or a duration before now such as 24h) or later
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg, group = "selection")]
    since: Option<TimeArgument>,

    /// Messages of events before this time, or before the end of this day in UTC
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_time_arg, group = "selection")]
    until: Option<TimeArgument>,

    #[command(flatten)]
    cause: CauseArguments,
}

impl UnaryCommand for ReplayCommand {
    type Request = api::ReplayWebhookRequest;
    type Answer = api::ReplayWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::ReplayWebhookRequest {
            name: self.name.clone(),
            message_ids: self.ids.clone(),
            occurred: time_window(self.since, self.until, SystemClock.now()),
            reason: self.cause.reason.clone(),
            actor: self.cause.actor.clone(),
            recorded_since: None,
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().replay_webhook(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        format!("{} will be sent again\n", pluralize(answer.replayed_count, "message"))
    }
}
