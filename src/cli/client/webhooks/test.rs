//! `session-authority webhooks test`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        terminal::{FieldList, RenderContext},
    },
};

/// Send a test message to an endpoint now; the exit status is 1 if it is not delivered
#[derive(Args)]
pub struct TestCommand {
    /// Name of the endpoint
    name: String,
}

impl UnaryCommand for TestCommand {
    type Request = api::TestWebhookRequest;
    type Answer = api::TestWebhookResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::TestWebhookRequest { name: self.name.clone() })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().test_webhook(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        facts.add("result", if answer.delivered { "delivered" } else { "not delivered" });
        if answer.status > 0 {
            facts.add("HTTP status", answer.status.to_string());
        }
        facts.add("error", &answer.error);
        facts.add("message ID", &answer.message_id);
        facts.render(view.style)
    }

    fn exit(answer: &Self::Answer) -> ExitStatus {
        if answer.delivered { ExitStatus::Success } else { ExitStatus::Failure }
    }
}
