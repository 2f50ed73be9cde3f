//! `session-authority webhooks add`.

use clap::{Args, ValueEnum};
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand, cause::CauseArguments};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{FieldList, RenderContext},
    },
};

/// Add an endpoint, and print the secret that signs its messages, once
#[derive(Args)]
pub struct AddWebhookCommand {
    #[command(flatten)]
    settings: SettingsArguments,

    #[command(flatten)]
    cause: CauseArguments,
}

/// The settings of an endpoint.
#[derive(Args)]
pub(super) struct SettingsArguments {
    /// Name: lower-case letters, digits and hyphens
    name: String,

    /// URL, https://…
    url: String,

    /// Form of the messages
    #[arg(long, value_enum, default_value_t = FormatArgument::Json)]
    format: FormatArgument,

    /// Type of messages to send, such as session.revoked; repeat it for several [default: all]
    #[arg(long = "event", value_name = "TYPE")]
    events: Vec<String>,

    /// Tenant whose events are sent; repeat it for several [default: all]
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<String>,

    /// Include IP addresses in messages
    #[arg(long)]
    include_ip: bool,

    /// Permit addresses that are not public, and http:// on loopback
    #[arg(long)]
    allow_private_addresses: bool,

    /// For caep-set, the claim `aud` [default: the origin of the URL]
    #[arg(long, default_value = "", hide_default_value = true)]
    audience: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArgument {
    Json,
    CaepSet,
    Ocsf,
}

impl SettingsArguments {
    pub(super) fn webhook(&self) -> api::Webhook {
        let format = match self.format {
            FormatArgument::Json => api::WebhookFormat::Json,
            FormatArgument::CaepSet => api::WebhookFormat::CaepSet,
            FormatArgument::Ocsf => api::WebhookFormat::Ocsf,
        };
        api::Webhook {
            name: self.name.clone(),
            url: self.url.clone(),
            format: format.into(),
            event_types: self.events.clone(),
            tenant_ids: self.tenants.clone(),
            allow_private_addresses: self.allow_private_addresses,
            include_ip: self.include_ip,
            audience: self.audience.clone(),
        }
    }
}

impl UnaryCommand for AddWebhookCommand {
    type Request = api::AddWebhookRequest;
    type Answer = api::AddWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::AddWebhookRequest {
            webhook: Some(self.settings.webhook()),
            reason: self.cause.reason.clone(),
            actor: self.cause.actor.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().add_webhook(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        facts.add("secret", &answer.secret);
        facts.render(view.style)
    }

    fn undelivered_advice(_: &Self::Answer) -> Option<String> {
        Some(
            "the endpoint was added, and its secret is lost: generate another with `webhooks update --rotate-secret`"
                .to_owned(),
        )
    }
}
