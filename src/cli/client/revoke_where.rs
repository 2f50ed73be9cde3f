//! `session-authority revoke-where`.

use clap::Args;

use crate::{
    api,
    cli::{
        command_error::{CommandError, ExitStatus},
        json::{self, MessageJson},
        runtime,
        terminal::{self, RenderContext, TerminalStyle, TextTable, pluralize, print_to_stderr},
    },
    clock::{Clock, SystemClock},
    domain::UnixMillis,
};

use super::{
    completeness,
    connection::ConnectionOptions,
    search::{SESSION_HEADER, session_row},
    session_filter::{SessionFlags, window_end},
};

/// Count the active sessions that match, and with --yes revoke them
#[derive(Args)]
pub struct RevokeWhereCommand {
    /// Only count and list the matching sessions (the default)
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Revoke the matching sessions
    #[arg(long)]
    yes: bool,

    /// Revoke nothing if more sessions than this match; 0 for no limit
    #[arg(long, value_name = "COUNT", default_value_t, hide_default_value = true)]
    max_count: u64,

    /// Reason, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// Print each message of the server as one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: SessionFlags,

    #[command(flatten)]
    connection: ConnectionOptions,
}

impl RevokeWhereCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        runtime::block_on_current_thread(self.revoke())?
    }

    pub fn request(&self, now: UnixMillis) -> api::RevokeWhereRequest {
        api::RevokeWhereRequest {
            filter: Some(self.filter.filter(now)),
            dry_run: !self.yes,
            max_count: self.max_count,
            reason: self.reason.clone(),
            actor: self.actor.clone(),
        }
    }

    async fn revoke(&self) -> Result<ExitStatus, CommandError> {
        let view = RenderContext { now: SystemClock.now(), style: TerminalStyle::for_stdout() };
        let request = self.request(view.now);
        let created_until = window_end(request.filter.as_ref().and_then(|filter| filter.created.as_ref()));
        let server = self.connection.connect().await?;
        let mut calls = server.admin();
        let mut stream = server.with_timeout(calls.revoke_where(request)).await?.into_inner();
        let (mut ended, mut is_first) = (0, true);
        loop {
            let message =
                server.with_timeout(stream.message()).await.map_err(|failure| interruption_error(failure, ended))?;
            let Some(message) = message else {
                let failure = CommandError::failed("the server closed the stream before completion");
                return Err(interruption_error(failure, ended));
            };
            ended = message.revoked_count;
            let text = if self.json {
                json::to_line(&MessageJson(&message)).map_err(CommandError::failed)?
            } else {
                self.text(&message, view)
            };
            // The command continues if the output is closed, because its purpose is the revocation.
            terminal::print(&text).map_err(CommandError::failed)?;
            if std::mem::take(&mut is_first) {
                completeness::warn_if_incomplete(message.complete_until, created_until, view.now);
            }
            if message.done {
                return Ok(ExitStatus::Success);
            }
            if !self.json && ended > 0 {
                print_to_stderr(&format!("revoked {ended} of {}\n", message.matched_count));
            }
        }
    }

    /// Returns the sample, if there is one, and at the end the summary.
    fn text(&self, message: &api::RevokeWhereResponse, view: RenderContext) -> String {
        let mut text = String::new();
        if !message.sample.is_empty() {
            let mut table = TextTable::new(SESSION_HEADER);
            for entry in &message.sample {
                table.add_row(session_row(entry, view));
            }
            text = table.render(view.style);
        }
        if message.done {
            text.push_str(&self.summary(message));
        }
        text
    }

    fn summary(&self, message: &api::RevokeWhereResponse) -> String {
        let matched = pluralize(message.matched_count, "active session");
        match (message.matched_count, self.yes) {
            (0, _) => "no active session matches\n".to_owned(),
            (_, true) => format!("revoked {} of {matched} that matched\n", message.revoked_count),
            (_, false) if self.dry_run => format!("{matched} would be revoked\n"),
            (_, false) => format!("{matched} would be revoked; add --yes to revoke them\n"),
        }
    }
}

fn interruption_error(failure: CommandError, ended: u64) -> CommandError {
    match ended {
        0 => failure,
        ended => {
            let revoked = pluralize(ended, "session");
            failure.with_detail(format!("{revoked} revoked; repeat the command to revoke the rest"))
        }
    }
}
