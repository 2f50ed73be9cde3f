//! `session-authority notifications requeue`.

use clap::{ArgGroup, Args};
use tonic::{Response, Status};

use super::{ServerConnection, UnaryCommand};
use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, pluralize},
    },
};

/// Put notifications that could not be delivered back into the queue
#[derive(Args)]
#[command(group = ArgGroup::new("selection").required(true))]
pub struct NotificationRequeueCommand {
    /// Dead notifications, at most 100
    #[arg(value_name = "NOTIFICATION_ID", group = "selection")]
    notification_ids: Vec<String>,

    /// Put all dead notifications back, at most 1,000 by one call
    #[arg(long, group = "selection")]
    all: bool,

    /// Tenant of the notifications [default: every tenant that the caller may see]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,
}

impl UnaryCommand for NotificationRequeueCommand {
    type Request = api::RequeueRequest;
    type Answer = api::RequeueResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::RequeueRequest {
            tenant_id: self.tenant.clone(),
            notification_ids: self.notification_ids.clone(),
            all: self.all,
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.notifications().requeue(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        let requeued = pluralize(answer.requeued_count, "notification");
        format!("{requeued} put back into the queue; {} still dead\n", answer.dead_count)
    }
}
