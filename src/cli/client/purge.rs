//! `session-authority purge`.

use clap::Args;
use serde::Serialize;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        failure::Failure,
        json,
        terminal::{View, counted},
    },
};

use super::{ClientCommand, Server};

/// Remove sessions whose time is up now, rather than in the next sweep
#[derive(Args)]
pub struct Purge {}

impl ClientCommand for Purge {
    type Request = api::PurgeRequest;
    type Answer = api::PurgeResponse;

    fn request(&self) -> Result<Self::Request, Failure> {
        Ok(api::PurgeRequest {})
    }

    async fn send(server: &Server, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.administration().purge(request).await
    }

    fn text(&self, answer: &Self::Answer, _: View) -> String {
        format!("removed {}\n", counted(answer.purged_count, "session"))
    }

    fn json(answer: &Self::Answer) -> impl Serialize {
        json::Purged::from(answer)
    }
}
