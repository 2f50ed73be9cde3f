//! `session-authority create`.

use std::time::Duration;

use clap::Args;
use prost_types::{Struct, Timestamp};
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        option_values,
        terminal::{FieldList, RenderContext, escape},
    },
};

use super::{
    ServerConnection, UnaryCommand,
    session_format::{add_session_fields, enum_label, format_user},
};

/// Create a session and print its token (shown only once)
#[derive(Args)]
pub struct CreateCommand {
    /// User who signed in
    user: String,

    /// Tenant of the user [default: default]
    #[arg(long, default_value = "", hide_default_value = true)]
    tenant: String,

    /// E-mail address
    #[arg(long, default_value = "", hide_default_value = true)]
    email: String,

    /// E-mail address for notifications, if it is another one
    #[arg(long, value_name = "EMAIL", default_value = "", hide_default_value = true)]
    notify_email: String,

    /// Language of notifications, a language tag such as de [default: English]
    #[arg(long, value_name = "TAG", default_value = "", hide_default_value = true)]
    notify_locale: String,

    /// Role; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,

    /// Session data, a JSON object
    #[arg(long, value_name = "JSON", value_parser = option_values::parse_json_object_arg)]
    data: Option<Struct>,

    /// Request the lifetimes of a remembered device
    #[arg(long)]
    remember: bool,

    /// Policy to apply [default: default]
    #[arg(long, default_value = "", hide_default_value = true)]
    policy: String,

    /// Absolute timeout, shorter than that of the policy
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    lifetime: Option<Duration>,

    /// Idle timeout, shorter than that of the policy
    #[arg(long, value_name = "DURATION", value_parser = option_values::parse_positive_duration_arg)]
    idle_timeout: Option<Duration>,

    /// Authentication method, such as pwd or otp (RFC 8176); may be repeated
    #[arg(long = "auth-method", value_name = "METHOD")]
    auth_methods: Vec<String>,

    /// Assurance level of the authentication, 0 to 100
    #[arg(long, value_name = "LEVEL", default_value_t, hide_default_value = true)]
    assurance_level: u32,

    /// Time at which the credentials were checked (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_timestamp_arg)]
    authenticated_at: Option<Timestamp>,

    /// Idempotency key: a retry with the same one returns the same session
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    request_id: String,

    /// Migrated session, not a new sign-in: skip anomaly detection and learning
    #[arg(long)]
    migrated: bool,

    #[command(flatten)]
    client: ClientContextFlags,
}

// The device that signs in, as the login service sees it.
#[derive(Args)]
#[command(next_help_heading = "Device")]
struct ClientContextFlags {
    /// IP address
    #[arg(long, default_value = "", hide_default_value = true)]
    ip: String,

    /// User-Agent header
    #[arg(long, default_value = "", hide_default_value = true)]
    user_agent: String,

    /// Persistent device ID: a new sign-in with the same one replaces the session
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    device_id: String,

    /// Country, two letters
    #[arg(long, default_value = "", hide_default_value = true)]
    country: String,
}

impl ClientContextFlags {
    fn context(&self) -> api::ClientContext {
        api::ClientContext {
            ip: self.ip.clone(),
            user_agent: self.user_agent.clone(),
            device_id: self.device_id.clone(),
            country: self.country.clone(),
            ..api::ClientContext::default()
        }
    }
}

impl CreateCommand {
    /// Returns the contact for notifications, if one is given.
    fn contact(&self) -> Option<api::NotificationContact> {
        let (email, locale) = (self.notify_email.clone(), self.notify_locale.clone());
        (!email.is_empty() || !locale.is_empty()).then_some(api::NotificationContact { email, locale })
    }
}

impl UnaryCommand for CreateCommand {
    type Request = api::CreateRequest;
    type Answer = api::CreateResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        Ok(api::CreateRequest {
            tenant_id: self.tenant.clone(),
            user_id: self.user.clone(),
            email: self.email.clone(),
            roles: self.roles.clone(),
            data: self.data.clone(),
            client: Some(self.client.context()),
            remember: self.remember,
            lifetime: self.lifetime.map(option_values::to_proto_duration),
            idle_timeout: self.idle_timeout.map(option_values::to_proto_duration),
            policy: self.policy.clone(),
            auth_methods: self.auth_methods.clone(),
            assurance_level: self.assurance_level,
            authenticated_at: self.authenticated_at,
            request_id: self.request_id.clone(),
            migrated: self.migrated,
            notify: self.contact(),
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().create(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        facts.add("token", &answer.token);
        if let Some(session) = &answer.session {
            add_session_fields(&mut facts, session, view);
        }
        for ended in &answer.ended {
            let reason = enum_label(ended.reason().as_str_name(), "END_REASON_");
            facts.add("ended", format!("{} ({reason}), {}", ended.device_name, ended.session_id));
        }
        for alert in &answer.alerts {
            let severity = enum_label(alert.severity().as_str_name(), "SEVERITY_");
            facts.add("alert", format!("{} ({severity}): {}", alert.rule, alert.reason_admin));
        }
        let who = escape(&format_user(&self.tenant, &self.user));
        let remark = format!("The token is shown only once; anyone holding it is signed in as {who}.");
        format!("{}{}\n", facts.render(view.style), view.style.dim(&remark))
    }

    fn undelivered_advice(answer: &Self::Answer) -> Option<String> {
        let id = answer.session.as_ref().map(|session| session.session_id.as_str()).unwrap_or_default();
        Some(format!(
            "session {id} was created but its token could not be printed; revoke it with `session-authority revoke \
             --session {id}`"
        ))
    }
}
