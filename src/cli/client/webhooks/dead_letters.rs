//! `session-authority webhooks dead-letters`.

use std::fmt::Write as _;

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, TextTable},
    },
};

/// List messages that were given up after the last attempt
#[derive(Args)]
pub struct DeadLettersCommand {
    /// Name of the endpoint [default: all]
    #[arg(default_value = "", hide_default_value = true)]
    name: String,

    /// Maximum number of messages, 1 to 500
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u32,

    /// Page token of the page before, which the response had
    #[arg(long, value_name = "TOKEN", default_value = "", hide_default_value = true)]
    page_token: String,
}

impl UnaryCommand for DeadLettersCommand {
    type Request = api::ListDeadLettersRequest;
    type Answer = api::ListDeadLettersResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::ListDeadLettersRequest {
            name: self.name.clone(),
            page_size: self.limit,
            page_token: self.page_token.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().list_dead_letters(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        if answer.dead_letters.is_empty() {
            return "no message was given up\n".to_owned();
        }
        let mut table = TextTable::new(&["WEBHOOK", "MESSAGE ID", "TYPE", "OCCURRED AT", "ATTEMPTS", "ERROR"]);
        for letter in &answer.dead_letters {
            table.add_row([
                letter.webhook.clone(),
                letter.message_id.clone(),
                letter.event_type.clone(),
                letter.occurred_at.map(|at| at.to_string()).unwrap_or_default(),
                letter.attempts.to_string(),
                letter.last_error.clone(),
            ]);
        }
        let mut text = table.render(view.style);
        if !answer.next_page_token.is_empty() {
            let _ = writeln!(text, "continue with: --page-token {}", answer.next_page_token);
        }
        text
    }
}
