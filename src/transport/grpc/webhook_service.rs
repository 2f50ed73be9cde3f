//! `session.v1.WebhookService`.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use tonic::{Request, Response, Status};

use super::{
    admin::parse_window,
    call::CallContext,
    request::{parse_enum, parse_timestamp},
    response::{duration, timestamp},
    status,
};
use crate::{
    api::{self, webhook_service_server::WebhookService},
    authority::{WebhookAdministration, WebhookProgressSummary, WebhookStatus, permissions::permit_all_tenants},
    domain::{
        CallError, Cause, FieldViolation, FieldViolations, TenantId, UnixMillis,
        limits::{MAX_ECHO_BYTES, MAX_IDENTIFIER_BYTES, check_optional_text, check_text_list, truncate_text},
        search::TimeRange,
        webhook::{
            MAX_REPLAYED_IDS, MAX_TENANTS, QueuedMessage, WebhookEndpoint, WebhookEventType, WebhookFormat,
            WebhookName, WebhookUrl,
        },
    },
};

/// Dead letters in a page: the default, and the maximum.
const PAGE_SIZES: (u32, u32) = (100, 500);
/// Maximum length of the ID of a message, in bytes.
const MESSAGE_ID_BYTES: usize = 64;
/// Maximum length of a page token, in bytes.
const TOKEN_BYTES: usize = 1024;

/// The handler of `WebhookService`.
pub struct WebhookServiceHandler {
    administration: Arc<WebhookAdministration>,
}

impl WebhookServiceHandler {
    #[must_use]
    pub fn new(administration: Arc<WebhookAdministration>) -> Self {
        Self { administration }
    }

    async fn list(&self, request: Request<api::ListWebhooksRequest>) -> Result<api::ListWebhooksResponse, CallError> {
        permit(&request)?;
        let webhooks = self.administration.list().await?.into_iter().map(entry).collect();
        Ok(api::ListWebhooksResponse { webhooks })
    }

    async fn add(&self, request: Request<api::AddWebhookRequest>) -> Result<api::AddWebhookResponse, CallError> {
        let call = permit(&request)?;
        let request = request.into_inner();
        let (endpoint, cause) = parse_change(&call, request.webhook, &request.reason, &request.actor)?;
        let secret = self.administration.add(endpoint, cause).await?;
        Ok(api::AddWebhookResponse { secret: secret.to_string() })
    }

    async fn update(
        &self,
        request: Request<api::UpdateWebhookRequest>,
    ) -> Result<api::UpdateWebhookResponse, CallError> {
        let call = permit(&request)?;
        let request = request.into_inner();
        let (endpoint, cause) = parse_change(&call, request.webhook, &request.reason, &request.actor)?;
        let rotated = self.administration.update(endpoint, request.rotate_secret, cause).await?;
        Ok(rotated.map_or_else(api::UpdateWebhookResponse::default, |(secret, until)| api::UpdateWebhookResponse {
            secret: secret.to_string(),
            previous_secret_until: Some(timestamp(until)),
        }))
    }

    async fn remove(
        &self,
        request: Request<api::RemoveWebhookRequest>,
    ) -> Result<api::RemoveWebhookResponse, CallError> {
        let call = permit(&request)?;
        let request = request.into_inner();
        let (name, cause) = parse_action(&call, &request.name, &request.reason, &request.actor)?;
        self.administration.remove(&name, cause).await?;
        Ok(api::RemoveWebhookResponse {})
    }

    async fn test(&self, request: Request<api::TestWebhookRequest>) -> Result<api::TestWebhookResponse, CallError> {
        permit(&request)?;
        let test = self.administration.test(&WebhookName::new(&request.get_ref().name)?).await?;
        Ok(api::TestWebhookResponse {
            delivered: test.error.is_empty(),
            status: test.status.map(u32::from).unwrap_or_default(),
            error: test.error,
            message_id: test.message_id,
            elapsed: Some(duration(test.elapsed)),
        })
    }

    async fn enable(
        &self,
        request: Request<api::EnableWebhookRequest>,
    ) -> Result<api::EnableWebhookResponse, CallError> {
        let call = permit(&request)?;
        let request = request.into_inner();
        let (name, cause) = parse_action(&call, &request.name, &request.reason, &request.actor)?;
        self.administration.enable(&name, cause).await?;
        Ok(api::EnableWebhookResponse {})
    }

    async fn dead_letters(
        &self,
        request: Request<api::ListDeadLettersRequest>,
    ) -> Result<api::ListDeadLettersResponse, CallError> {
        permit(&request)?;
        let request = request.into_inner();
        let mut violations = FieldViolations::default();
        let name = match request.name.as_str() {
            "" => None,
            name => violations.check(WebhookName::new(name)),
        };
        let size = violations.check(page_size(request.page_size)).unwrap_or_default();
        let after = violations.check(parse_token(&request.page_token)).unwrap_or_default();
        violations.into_result()?;
        let page = self.administration.dead_letters(name.as_ref(), after, size).await?;
        let next = page.letters.last().filter(|_| page.has_more);
        let next_page_token = next.map(|last| token(last.endpoint.as_str(), &last.id)).unwrap_or_default();
        let dead_letters = page.letters.into_iter().map(dead_letter).collect();
        Ok(api::ListDeadLettersResponse { dead_letters, next_page_token })
    }

    async fn replay(
        &self,
        request: Request<api::ReplayWebhookRequest>,
    ) -> Result<api::ReplayWebhookResponse, CallError> {
        let call = permit(&request)?;
        let request = request.into_inner();
        let mut violations = FieldViolations::default();
        let action = violations.check_all(parse_action(&call, &request.name, &request.reason, &request.actor));
        let selection =
            violations.check_all(parse_replay(&request.message_ids, request.occurred, request.recorded_since));
        let (Some((name, cause)), Some(selection)) = (action, selection) else { return Err(violations.into()) };
        let replayed_count = match selection {
            RequestedReplay::Ids => {
                self.administration.replay(&name, request.message_ids, TimeRange::default(), cause).await?
            }
            RequestedReplay::Occurred(range) => self.administration.replay(&name, Vec::new(), range, cause).await?,
            RequestedReplay::RecordedSince(since) => {
                self.administration.replay_since(&name, since, cause).await?;
                0
            }
        };
        Ok(api::ReplayWebhookResponse { replayed_count })
    }
}

/// Requires that the caller may access every tenant.
fn permit<T>(request: &Request<T>) -> Result<Arc<CallContext>, CallError> {
    let call = CallContext::from_request(request)?;
    permit_all_tenants(&call.caller)?;
    Ok(call)
}

/// Parses a call about one endpoint.
fn parse_action(
    call: &CallContext,
    name: &str,
    reason: &str,
    actor: &str,
) -> Result<(WebhookName, Cause), FieldViolations> {
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(reason, actor));
    let Some(name) = violations.check(WebhookName::new(name)) else { return Err(violations) };
    violations.into_result()?;
    Ok((name, call.cause(reason, actor)))
}

/// Parses a call with the settings of an endpoint.
fn parse_change(
    call: &CallContext,
    webhook: Option<api::Webhook>,
    reason: &str,
    actor: &str,
) -> Result<(WebhookEndpoint, Cause), FieldViolations> {
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(reason, actor));
    let endpoint = parse_endpoint(webhook.unwrap_or_default()).map_err(|violations| violations.within("webhook"));
    let Some(endpoint) = violations.check_all(endpoint) else { return Err(violations) };
    violations.into_result()?;
    Ok((endpoint, call.cause(reason, actor)))
}

/// The messages that a caller wants to be sent again.
enum RequestedReplay {
    /// Dead letters.
    Ids,
    /// Dead letters, by the time of their events.
    Occurred(TimeRange),
    RecordedSince(UnixMillis),
}

/// Parses the fields that select messages. Exactly one of them is required.
fn parse_replay(
    ids: &[String],
    occurred: Option<api::TimeWindow>,
    recorded_since: Option<prost_types::Timestamp>,
) -> Result<RequestedReplay, FieldViolations> {
    let excluded = |field: &'static str| {
        let text = "cannot be set together with another selection of messages";
        Err(FieldViolation::new(field, text).into())
    };
    check_text_list("message_ids", ids, MAX_REPLAYED_IDS, MESSAGE_ID_BYTES)?;
    match (ids.is_empty(), &occurred, recorded_since) {
        (true, None, None) => {
            Err(FieldViolation::new("message_ids", "or `occurred` or `recorded_since` is required").into())
        }
        (false, None, None) => Ok(RequestedReplay::Ids),
        (true, None, since) => {
            let since = parse_timestamp("recorded_since", since)?.unwrap_or_default();
            Ok(RequestedReplay::RecordedSince(since))
        }
        (true, Some(_), None) => Ok(RequestedReplay::Occurred(parse_window("occurred", occurred)?)),
        (_, Some(_), None) => excluded("occurred"),
        (_, _, Some(_)) => excluded("recorded_since"),
    }
}

fn parse_endpoint(webhook: api::Webhook) -> Result<WebhookEndpoint, FieldViolations> {
    let mut violations = FieldViolations::default();
    let name = violations.check(WebhookName::new(&webhook.name));
    let url = violations.check(WebhookUrl::new(&webhook.url, webhook.allow_private_addresses));
    let format = violations.check(parse_enum::<api::WebhookFormat>("format", webhook.format));
    let event_types = violations.check(parse_event_types(&webhook.event_types)).unwrap_or_default();
    let tenants = violations.check(parse_tenants(&webhook.tenant_ids)).unwrap_or_default();
    violations.check(check_optional_text("audience", &webhook.audience, MAX_IDENTIFIER_BYTES));
    let (Some(name), Some(url), Some(format)) = (name, url, format) else { return Err(violations) };
    violations.into_result()?;
    let format = match format {
        api::WebhookFormat::Unspecified | api::WebhookFormat::Json => WebhookFormat::Json,
        api::WebhookFormat::CaepSet => WebhookFormat::CaepSet,
        api::WebhookFormat::Ocsf => WebhookFormat::Ocsf,
    };
    Ok(WebhookEndpoint {
        name,
        url,
        format,
        event_types,
        tenants,
        allow_private_addresses: webhook.allow_private_addresses,
        include_ip: webhook.include_ip,
        audience: webhook.audience,
    })
}

fn parse_event_types(names: &[String]) -> Result<Vec<WebhookEventType>, FieldViolation> {
    let mut event_types = Vec::new();
    for name in names.iter().take(WebhookEventType::ALL.len() + 1) {
        match WebhookEventType::from_name(name) {
            Some(event_type) if !event_types.contains(&event_type) => event_types.push(event_type),
            Some(_) => return Err(FieldViolation::new("event_types", format!("lists {} twice", echo(name)))),
            None => {
                let known = WebhookEventType::ALL.map(WebhookEventType::name).join(", ");
                let text = format!("has an unknown type {:?}; the types are {known}", echo(name));
                return Err(FieldViolation::new("event_types", text));
            }
        }
    }
    Ok(event_types)
}

/// Returns the part of a value that an error repeats.
fn echo(text: &str) -> String {
    truncate_text(text, MAX_ECHO_BYTES)
}

fn parse_tenants(ids: &[String]) -> Result<Vec<TenantId>, FieldViolation> {
    check_text_list("tenant_ids", ids, MAX_TENANTS, MAX_IDENTIFIER_BYTES)?;
    ids.iter().map(|id| TenantId::new(id)).collect()
}

fn page_size(size: u32) -> Result<u32, FieldViolation> {
    let (default, most) = PAGE_SIZES;
    match size {
        0 => Ok(default),
        size if size <= most => Ok(size),
        _ => Err(FieldViolation::new("page_size", format!("is above {most}"))),
    }
}

/// Returns the token of the page after a dead letter.
fn token(endpoint: &str, id: &str) -> String {
    BASE64URL_NOPAD.encode(format!("{endpoint}\n{id}").as_bytes())
}

fn parse_token(token: &str) -> Result<(String, String), FieldViolation> {
    if token.is_empty() {
        return Ok((String::new(), String::new()));
    }
    let decoded = (token.len() <= TOKEN_BYTES).then(|| BASE64URL_NOPAD.decode(token.as_bytes()).ok()).flatten();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains('\0'));
    let parts = text.as_deref().and_then(|text| text.split_once('\n'));
    let parts = parts.map(|(endpoint, id)| (endpoint.to_owned(), id.to_owned()));
    parts.ok_or_else(|| FieldViolation::new("page_token", "is not a token of this list"))
}

fn entry(status: WebhookStatus) -> api::WebhookEntry {
    let WebhookStatus { endpoint, added, progress } = status;
    let entry = api::WebhookEntry {
        webhook: Some(webhook(endpoint)),
        configured: added.is_none(),
        state: api::WebhookState::Active.into(),
        created_at: added.map(|(created_at, _)| timestamp(created_at)),
        updated_at: added.map(|(_, updated_at)| timestamp(updated_at)),
        ..api::WebhookEntry::default()
    };
    let Some(WebhookProgressSummary { caught_up_at, lag, health, pending, dead_letters, replay }) = progress else {
        return entry;
    };
    let state = match &health.disabled {
        Some(_) => api::WebhookState::Disabled,
        None if health.failures > 0 => api::WebhookState::Failing,
        None => api::WebhookState::Active,
    };
    let (disabled_reason, disabled_at) = health.disabled.unzip();
    api::WebhookEntry {
        state: state.into(),
        caught_up_at: Some(timestamp(caught_up_at)),
        lag: Some(duration(lag)),
        pending_count: pending,
        dead_letter_count: dead_letters,
        consecutive_failures: health.failures,
        last_attempt_at: health.last_attempt_at.map(timestamp),
        last_success_at: health.last_success_at.map(timestamp),
        last_status: health.last_status.map(u32::from).unwrap_or_default(),
        last_error: health.last_error,
        paused_until: health.paused_until.map(timestamp),
        disabled_reason: disabled_reason.unwrap_or_default(),
        disabled_at: disabled_at.map(timestamp),
        replay: replay.map(|replay| api::WebhookReplay {
            recorded_since: Some(timestamp(replay.since)),
            requested_at: Some(timestamp(replay.requested_at)),
            sent_count: replay.sent,
        }),
        ..entry
    }
}

fn webhook(endpoint: WebhookEndpoint) -> api::Webhook {
    let format = match endpoint.format {
        WebhookFormat::Json => api::WebhookFormat::Json,
        WebhookFormat::CaepSet => api::WebhookFormat::CaepSet,
        WebhookFormat::Ocsf => api::WebhookFormat::Ocsf,
    };
    api::Webhook {
        name: endpoint.name.to_string(),
        url: endpoint.url.as_str().to_owned(),
        format: format.into(),
        event_types: endpoint.event_types.into_iter().map(|event_type| event_type.name().to_owned()).collect(),
        tenant_ids: endpoint.tenants.into_iter().map(|tenant| tenant.as_str().to_owned()).collect(),
        allow_private_addresses: endpoint.allow_private_addresses,
        include_ip: endpoint.include_ip,
        audience: endpoint.audience,
    }
}

fn dead_letter(message: QueuedMessage) -> api::DeadLetter {
    api::DeadLetter {
        webhook: message.endpoint.to_string(),
        message_id: message.id,
        event_type: message.event_type,
        occurred_at: Some(timestamp(message.occurred_at)),
        queued_at: Some(timestamp(message.queued_at)),
        attempts: message.attempts,
        last_status: message.last_status.map(u32::from).unwrap_or_default(),
        last_error: message.last_error,
    }
}

#[tonic::async_trait]
impl WebhookService for WebhookServiceHandler {
    async fn list_webhooks(
        &self,
        request: Request<api::ListWebhooksRequest>,
    ) -> Result<Response<api::ListWebhooksResponse>, Status> {
        status::into_grpc_result(self.list(request).await)
    }

    async fn add_webhook(
        &self,
        request: Request<api::AddWebhookRequest>,
    ) -> Result<Response<api::AddWebhookResponse>, Status> {
        status::into_grpc_result(self.add(request).await)
    }

    async fn update_webhook(
        &self,
        request: Request<api::UpdateWebhookRequest>,
    ) -> Result<Response<api::UpdateWebhookResponse>, Status> {
        status::into_grpc_result(self.update(request).await)
    }

    async fn remove_webhook(
        &self,
        request: Request<api::RemoveWebhookRequest>,
    ) -> Result<Response<api::RemoveWebhookResponse>, Status> {
        status::into_grpc_result(self.remove(request).await)
    }

    async fn test_webhook(
        &self,
        request: Request<api::TestWebhookRequest>,
    ) -> Result<Response<api::TestWebhookResponse>, Status> {
        status::into_grpc_result(self.test(request).await)
    }

    async fn enable_webhook(
        &self,
        request: Request<api::EnableWebhookRequest>,
    ) -> Result<Response<api::EnableWebhookResponse>, Status> {
        status::into_grpc_result(self.enable(request).await)
    }

    async fn list_dead_letters(
        &self,
        request: Request<api::ListDeadLettersRequest>,
    ) -> Result<Response<api::ListDeadLettersResponse>, Status> {
        status::into_grpc_result(self.dead_letters(request).await)
    }

    async fn replay_webhook(
        &self,
        request: Request<api::ReplayWebhookRequest>,
    ) -> Result<Response<api::ReplayWebhookResponse>, Status> {
        status::into_grpc_result(self.replay(request).await)
    }
}
