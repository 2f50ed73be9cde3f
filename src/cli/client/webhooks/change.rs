//! `session-authority webhooks remove` and `enable`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand, cause::CauseArguments};
use crate::{
    api,
    cli::{command_error::CommandError, terminal::RenderContext},
};

/// Remove an endpoint that was added, with its secret and its waiting messages
#[derive(Args)]
pub struct RemoveCommand {
    /// Name of the endpoint
    name: String,

    #[command(flatten)]
    cause: CauseArguments,
}

impl UnaryCommand for RemoveCommand {
    type Request = api::RemoveWebhookRequest;
    type Answer = api::RemoveWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let CauseArguments { reason, actor } = &self.cause;
        Ok(api::RemoveWebhookRequest { name: self.name.clone(), reason: reason.clone(), actor: actor.clone() })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().remove_webhook(request).await
    }

    fn text(&self, _: &Self::Answer, _: RenderContext) -> String {
        "removed\n".to_owned()
    }
}

/// Send to an endpoint again that is disabled or paused
#[derive(Args)]
pub struct EnableCommand {
    /// Name of the endpoint
    name: String,

    #[command(flatten)]
    cause: CauseArguments,
}

impl UnaryCommand for EnableCommand {
    type Request = api::EnableWebhookRequest;
    type Answer = api::EnableWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let CauseArguments { reason, actor } = &self.cause;
        Ok(api::EnableWebhookRequest { name: self.name.clone(), reason: reason.clone(), actor: actor.clone() })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().enable_webhook(request).await
    }

    fn text(&self, _: &Self::Answer, _: RenderContext) -> String {
        "enabled\n".to_owned()
    }
}
