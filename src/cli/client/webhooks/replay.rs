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

/// Send messages again: those that were given up, or everything since a time
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

    /// Also messages that were delivered: everything recorded at the time of --since or later, in the background
    #[arg(long, requires = "since", conflicts_with_all = ["ids", "until"])]
    delivered: bool,

    #[command(flatten)]
    cause: CauseArguments,
}

impl UnaryCommand for ReplayCommand {
    type Request = api::ReplayWebhookRequest;
    type Answer = api::ReplayWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let window = time_window(self.since, self.until, SystemClock.now());
        let (occurred, recorded_since) =
            if self.delivered { (None, window.and_then(|window| window.start)) } else { (window, None) };
        Ok(api::ReplayWebhookRequest {
            name: self.name.clone(),
            message_ids: self.ids.clone(),
            occurred,
            reason: self.cause.reason.clone(),
            actor: self.cause.actor.clone(),
            recorded_since,
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().replay_webhook(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        if self.delivered {
            return "everything recorded since then is sent again; `webhooks list` shows the progress\n".to_owned();
        }
        format!("{} will be sent again\n", pluralize(answer.replayed_count, "message"))
    }
}
