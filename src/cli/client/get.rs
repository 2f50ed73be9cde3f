//! `session-authority get`.

use clap::Args;
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        terminal::{FieldList, RenderContext},
    },
};

use super::{ServerConnection, UnaryCommand, session_format::add_session_fields};

/// Show one active session
#[derive(Args)]
pub struct GetCommand {
    /// Session to show
    session_id: String,

    /// User that the session must belong to
    #[arg(long, default_value = "", hide_default_value = true)]
    user: String,

    /// Tenant that the session must belong to [default: default with --user, else any]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,
}

impl UnaryCommand for GetCommand {
    type Request = api::GetRequest;
    type Answer = api::GetResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::GetRequest {
            session_id: self.session_id.clone(),
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().get(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        if let Some(session) = &answer.session {
            add_session_fields(&mut facts, session, view);
        }
        facts.render(view.style)
    }
}
