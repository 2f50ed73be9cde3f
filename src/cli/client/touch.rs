//! `session-authority touch`.

use clap::Args;
use prost_types::Timestamp;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        option_values,
        terminal::{RenderContext, TextTable, format_time_since},
    },
    clock::{Clock, SystemClock},
};

use super::{ServerConnection, UnaryCommand, session_format::to_unix_millis};

/// Record activity of sessions; exits with 1 if one of them is not active
#[derive(Args)]
pub struct TouchCommand {
    /// Sessions that were used
    #[arg(required = true, num_args = 1..)]
    session_ids: Vec<String>,

    /// When they were used (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_timestamp_arg)]
    at: Option<Timestamp>,
}

impl UnaryCommand for TouchCommand {
    type Request = api::TouchRequest;
    type Answer = api::TouchResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let used_at = self.at.or_else(|| Some(option_values::to_proto_timestamp(SystemClock.now())));
        let touch = |id: &String| api::SessionTouch { session_id: id.clone(), used_at };
        Ok(api::TouchRequest { touches: self.session_ids.iter().map(touch).collect() })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().touch(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut table = TextTable::new(&["SESSION ID", "LAST ACTIVE"]);
        for session in &answer.sessions {
            let at = session.last_active_at.and_then(to_unix_millis).filter(|_| session.active);
            let state = at.map_or_else(|| "not active".to_owned(), |at| format_time_since(at, view.now));
            table.add_row([session.session_id.clone(), state]);
        }
        table.render(view.style)
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        if answer.sessions.iter().all(|session| session.active) { ExitStatus::Success } else { ExitStatus::Failure }
    }
}
