//! `session-authority revoke-all`.

use clap::{ArgGroup, Args};
use data_encoding::HEXLOWER;
use tonic::{Code, Response, Status};

use crate::{
    api::{self, revoke_all_request::Scope},
    cli::{
        command_error::CommandError,
        terminal::{RenderContext, escape},
    },
    entropy::{SystemEntropy, random_bytes},
};

use super::{ServerConnection, UnaryCommand, revoke::format_revoked, session_format::format_user};

/// Revoke all sessions of a user, of a tenant or of everyone
#[derive(Args)]
#[command(group = ArgGroup::new("scope").required(true))]
pub struct RevokeAllCommand {
    /// User whose sessions to revoke
    #[arg(long, group = "scope")]
    user: Option<String>,

    /// Tenant of the user [default: default]
    #[arg(long, conflicts_with_all = ["all_of_tenant", "everyone"], default_value = "", hide_default_value = true)]
    tenant: String,

    /// Tenant whose users' sessions to revoke
    #[arg(long, value_name = "TENANT", group = "scope")]
    all_of_tenant: Option<String>,

    /// Revoke the sessions of all users of all tenants
    #[arg(long, group = "scope")]
    everyone: bool,

    /// Session of the user to keep
    #[arg(long, value_name = "SESSION_ID", conflicts_with_all = ["all_of_tenant", "everyone"])]
    except: Option<String>,

    /// Reason, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    actor: String,

    /// The account was compromised: discard what detection learned from recent sign-ins that raised alerts
    #[arg(long, conflicts_with_all = ["all_of_tenant", "everyone"])]
    compromised: bool,

    /// Idempotency key: a retry does not end sessions created since [default: a random one]
    #[arg(long, value_name = "ID")]
    operation_id: Option<String>,
}

impl RevokeAllCommand {
    fn scope(&self) -> Scope {
        match (&self.user, &self.all_of_tenant) {
            (Some(user), _) => Scope::User(api::UserScope { tenant_id: self.tenant.clone(), user_id: user.clone() }),
            (None, Some(tenant)) => Scope::Tenant(api::TenantScope { tenant_id: tenant.clone() }),
            (None, None) => Scope::Everyone(api::Everyone {}),
        }
    }
}

impl UnaryCommand for RevokeAllCommand {
    type Request = api::RevokeAllRequest;
    type Answer = api::RevokeAllResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let operation_id = match &self.operation_id {
            Some(id) => id.clone(),
            None => HEXLOWER.encode(&random_bytes::<16>(&SystemEntropy).map_err(CommandError::failed)?),
        };
        Ok(api::RevokeAllRequest {
            scope: Some(self.scope()),
            except_session_id: self.except.clone().unwrap_or_default(),
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            operation_id,
            compromised: self.compromised,
            ..api::RevokeAllRequest::default()
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().revoke_all(request).await
    }

    fn text(&self, answer: &Self::Answer, _: RenderContext) -> String {
        match self.scope() {
            Scope::User(scope) if answer.session_ids.is_empty() => {
                format!(
                    "nothing to revoke: no such active session of {}\n",
                    escape(&format_user(&scope.tenant_id, &scope.user_id))
                )
            }
            Scope::User(_) => format_revoked(&answer.session_ids),
            Scope::Tenant(scope) => format!("revoked every session of tenant {}\n", escape(&scope.tenant_id)),
            Scope::Everyone(_) => "revoked every session of every tenant\n".to_owned(),
        }
    }

    /// Advises to retry with the same operation ID if the outcome is unknown.
    fn advice(request: &Self::Request, status: &Status) -> Option<String> {
        let unknown =
            matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown);
        unknown.then(|| format!("safe to retry with --operation-id {}", request.operation_id))
    }
}
