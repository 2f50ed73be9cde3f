//! `session-authority purge`.

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, pluralize},
    },
};

use super::{ServerConnection, UnaryCommand};

/// Remove expired sessions now instead of in the next sweep
#[derive(Args)]
pub struct PurgeCommand {}

impl UnaryCommand for PurgeCommand {
    type Request = api::PurgeRequest;
    type Answer = api::PurgeResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::PurgeRequest {})
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.admin().purge(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        format!("removed {}\n", pluralize(answer.purged_count, "session"))
    }
}
