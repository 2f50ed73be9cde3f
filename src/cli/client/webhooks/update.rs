//! `session-authority webhooks update`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand, add::SettingsArguments, cause::CauseArguments};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{FieldList, RenderContext},
    },
};

/// Replace the settings of an endpoint that was added; settings that are not given get their defaults
#[derive(Args)]
pub struct UpdateWebhookCommand {
    #[command(flatten)]
    settings: SettingsArguments,

    /// Generate another secret; messages are signed with both for 24 hours
    #[arg(long)]
    rotate_secret: bool,

    #[command(flatten)]
    cause: CauseArguments,
}

impl UnaryCommand for UpdateWebhookCommand {
    type Request = api::UpdateWebhookRequest;
    type Answer = api::UpdateWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::UpdateWebhookRequest {
            webhook: Some(self.settings.webhook()),
            rotate_secret: self.rotate_secret,
            reason: self.cause.reason.clone(),
            actor: self.cause.actor.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().update_webhook(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let Some(until) = answer.previous_secret_until else { return "updated\n".to_owned() };
        let mut facts = FieldList::default();
        facts.add("secret", &answer.secret);
        facts.add("previous secret", format!("also signs until {until}"));
        facts.render(view.style)
    }

    fn undelivered_advice(answer: &Self::Answer) -> Option<String> {
        let lost = "the new secret is lost: repeat the command to generate another";
        (!answer.secret.is_empty()).then(|| lost.to_owned())
    }
}
