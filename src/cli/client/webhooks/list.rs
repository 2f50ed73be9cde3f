//! `session-authority webhooks list`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        client::enum_label,
        command_error::CommandError,
        terminal::{RenderContext, TextTable, pluralize},
    },
};

/// List all endpoints with their state
#[derive(Args)]
pub struct ListWebhooksCommand {}

impl UnaryCommand for ListWebhooksCommand {
    type Request = api::ListWebhooksRequest;
    type Answer = api::ListWebhooksResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::ListWebhooksRequest {})
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.webhooks().list_webhooks(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        if answer.webhooks.is_empty() {
            return "no webhook; add one with `session-authority webhooks add`\n".to_owned();
        }
        let mut table = TextTable::new(&["NAME", "STATE", "LAG", "WAITING", "GIVEN UP", "LAST STATUS", "ERROR", "URL"]);
        for entry in &answer.webhooks {
            let webhook = entry.webhook.clone().unwrap_or_default();
            let lag = entry.lag.map(|lag| format!("{} s", lag.seconds)).unwrap_or_default();
            let status = if entry.last_status > 0 { entry.last_status.to_string() } else { String::new() };
            let error = if entry.disabled_reason.is_empty() { &entry.last_error } else { &entry.disabled_reason };
            table.add_row([
                webhook.name,
                enum_label(entry.state().as_str_name(), "WEBHOOK_STATE_"),
                lag,
                entry.pending_count.to_string(),
                entry.dead_letter_count.to_string(),
                status,
                error.clone(),
                webhook.url,
            ]);
        }
        let replays = answer.webhooks.iter().filter_map(|entry| {
            let (replay, name) = (entry.replay?, &entry.webhook.as_ref()?.name);
            let since = replay.recorded_since.map(|since| since.to_string()).unwrap_or_default();
            let sent = pluralize(replay.sent_count, "message");
            Some(format!("{name} is sent everything again that was recorded since {since}; {sent} so far\n"))
        });
        table.render(view.style) + &replays.collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::terminal::TerminalStyle, domain::UnixMillis};

    #[test]
    fn a_row_states_why_nothing_is_sent() {
        let entry = api::WebhookEntry {
            webhook: Some(api::Webhook {
                name: "siem".to_owned(),
                url: "https://siem.example.com/".to_owned(),
                ..api::Webhook::default()
            }),
            state: api::WebhookState::Disabled.into(),
            lag: Some(prost_types::Duration { seconds: 90, nanos: 0 }),
            pending_count: 3,
            last_status: 410,
            disabled_reason: "HTTP status 410".to_owned(),
            ..api::WebhookEntry::default()
        };
        let view = RenderContext { now: UnixMillis::new(0), style: TerminalStyle::PLAIN };
        let text = ListWebhooksCommand {}.text(&api::ListWebhooksResponse { webhooks: vec![entry] }, view);
        let row: Vec<_> = text.lines().nth(1).expect("a row").split_whitespace().collect();
        let expected = ["siem", "disabled", "90", "s", "3", "0", "410", "HTTP", "status", "410"];
        assert_eq!(row[..10], expected);
        let none = ListWebhooksCommand {}.text(&api::ListWebhooksResponse::default(), view);
        assert!(none.contains("webhooks add"));
    }
}
