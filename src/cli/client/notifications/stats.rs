//! `session-authority notifications stats`.

use clap::Args;
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, TextTable, escape},
    },
};

/// Count the notifications of the queue, and list those that could not be delivered
#[derive(Args)]
pub struct NotificationStatsCommand {
    /// Tenant of the notifications [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,
}

impl UnaryCommand for NotificationStatsCommand {
    type Request = api::GetQueueStatsRequest;
    type Answer = api::GetQueueStatsResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::GetQueueStatsRequest { tenant_id: self.tenant.clone() })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.notifications().get_queue_stats(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let oldest = answer.oldest_queued_at.map(|at| format!(", oldest of {at}")).unwrap_or_default();
        let api::GetQueueStatsResponse { waiting_count, leased_count, dead_count, .. } = answer;
        let counts = format!("{waiting_count} waiting, {leased_count} leased{oldest}; {dead_count} dead\n");
        if answer.dead.is_empty() {
            return counts;
        }
        let mut table = TextTable::new(&["DEAD NOTIFICATION", "TENANT", "USER", "ATTEMPTS", "QUEUED"]);
        for dead in &answer.dead {
            let queued = dead.queued_at.map(|at| at.to_string()).unwrap_or_default();
            let (tenant, user) = (escape(&dead.tenant_id), escape(&dead.user_id));
            table.add_row([dead.notification_id.clone(), tenant, user, dead.attempts.to_string(), queued]);
        }
        counts + &table.render(view.style)
    }
}
