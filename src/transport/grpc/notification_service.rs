//! `session.v1.NotificationService`.

use std::{sync::Arc, time::Duration};

use prost_types::Timestamp;
use tonic::{Request, Response, Status};

use super::{
    alert::{action, alert_verdict, severity},
    call::CallContext,
    request::parse_duration,
    response::{device, location, timestamp},
    status,
};
use crate::{
    api::{self, notification_service_server::NotificationService},
    authority::{LinkAnswerer, NotificationDispatcher, UseCases, UserNotification, permissions::permit_tenants},
    domain::{
        Alert, CallError, FieldViolation, FieldViolations, TenantId,
        alert::{AlertAction, Severity},
        limits::{
            MAX_LEASE_ID_BYTES, MAX_LEASE_TIMEOUT, MAX_LEASED_NOTIFICATIONS, MAX_LINK_TOKEN_BYTES, check_required_text,
        },
        notification::{DeadNotification, NotificationId},
    },
};

const DEFAULT_NOTIFICATIONS: u32 = 10;
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
const MIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The handler of `NotificationService`.
pub struct NotificationServiceHandler {
    dispatcher: Arc<NotificationDispatcher>,
    answerer: Arc<LinkAnswerer>,
}

impl NotificationServiceHandler {
    #[must_use]
    pub fn new(use_cases: &UseCases) -> Self {
        Self { dispatcher: Arc::clone(&use_cases.notifications), answerer: Arc::clone(&use_cases.link_answerer) }
    }

    async fn lease(&self, request: Request<api::LeaseRequest>) -> Result<api::LeaseResponse, CallError> {
        let call = CallContext::from_request(&request)?;
        let request = request.into_inner();
        let mut violations = FieldViolations::default();
        let tenant = violations.check(parse_tenant(&request.tenant_id)).flatten();
        let limit = violations.check(parse_limit(request.max_notifications)).unwrap_or(DEFAULT_NOTIFICATIONS);
        let timeout = violations.check(parse_timeout(request.visibility_timeout, MIN_TIMEOUT)).flatten();
        violations.into_result()?;
        let tenants = permit_tenants(&call.caller, tenant)?;
        let lease = self.dispatcher.lease(tenants, limit, timeout.unwrap_or(DEFAULT_TIMEOUT)).await?;
        Ok(api::LeaseResponse {
            notifications: lease.notifications.into_iter().map(notification).collect(),
            lease_id: lease.id,
            leased_until: Some(timestamp(lease.until)),
        })
    }

    async fn ack(&self, request: Request<api::AckRequest>) -> Result<api::AckResponse, CallError> {
        let request = request.into_inner();
        let ids = parse_held(&request.lease_id, &request.notification_ids)?;
        let acknowledged = self.dispatcher.acknowledge(request.lease_id, ids.clone()).await?;
        let (acknowledged_ids, refused_ids) = partition(&ids, &acknowledged);
        Ok(api::AckResponse { acknowledged_ids, refused_ids })
    }

    async fn extend(&self, request: Request<api::ExtendRequest>) -> Result<api::ExtendResponse, CallError> {
        let request = request.into_inner();
        let ids = parse_held(&request.lease_id, &request.notification_ids)?;
        let timeout = parse_timeout(request.visibility_timeout, Duration::ZERO)?
            .ok_or_else(|| FieldViolation::new("visibility_timeout", "is required"))?;
        let (extended, until) = self.dispatcher.extend(request.lease_id, ids.clone(), timeout).await?;
        let (extended_ids, refused_ids) = partition(&ids, &extended);
        Ok(api::ExtendResponse { extended_ids, refused_ids, leased_until: Some(timestamp(until)) })
    }

    async fn get_queue_stats(
        &self,
        request: Request<api::GetQueueStatsRequest>,
    ) -> Result<api::GetQueueStatsResponse, CallError> {
        let call = CallContext::from_request(&request)?;
        let tenants = permit_tenants(&call.caller, parse_tenant(&request.into_inner().tenant_id)?)?;
        let (stats, dead) = self.dispatcher.stats(tenants).await?;
        Ok(api::GetQueueStatsResponse {
            waiting_count: stats.waiting,
            leased_count: stats.leased,
            dead_count: stats.dead,
            oldest_queued_at: stats.oldest.map(timestamp),
            dead: dead.into_iter().map(dead_notification).collect(),
        })
    }

    async fn requeue(&self, request: Request<api::RequeueRequest>) -> Result<api::RequeueResponse, CallError> {
        let call = CallContext::from_request(&request)?;
        let request = request.into_inner();
        let mut violations = FieldViolations::default();
        let tenant = violations.check(parse_tenant(&request.tenant_id)).flatten();
        let ids = violations.check(parse_dead(&request.notification_ids, request.all)).flatten();
        violations.into_result()?;
        let tenants = permit_tenants(&call.caller, tenant)?;
        let (requeued_count, dead_count) = self.dispatcher.requeue(tenants, ids.as_deref()).await?;
        Ok(api::RequeueResponse { requeued_count, dead_count })
    }

    async fn answer_link(
        &self,
        request: Request<api::AnswerLinkRequest>,
    ) -> Result<api::AnswerLinkResponse, CallError> {
        let call = CallContext::from_request(&request)?;
        let request = request.into_inner();
        check_required_text("token", &request.token, MAX_LINK_TOKEN_BYTES)?;
        if request.validate_only {
            let verdict = alert_verdict(self.answerer.check(&request.token)?).into();
            return Ok(api::AnswerLinkResponse { verdict, ..api::AnswerLinkResponse::default() });
        }
        let cause = call.cause("answered by a link", "");
        let (verdict, result) = self.answerer.answer(&request.token, call.caller.tenants.clone(), cause).await?;
        Ok(api::AnswerLinkResponse {
            verdict: alert_verdict(verdict).into(),
            already_answered: result.is_repeat,
            session_ids: result.session_ids.iter().map(ToString::to_string).collect(),
        })
    }
}

/// Parses the tenant of a filter. An empty ID means every tenant.
fn parse_tenant(id: &str) -> Result<Option<TenantId>, FieldViolation> {
    if id.is_empty() { Ok(None) } else { TenantId::new(id).map(Some) }
}

fn parse_limit(stated: u32) -> Result<u32, FieldViolation> {
    match stated {
        0 => Ok(DEFAULT_NOTIFICATIONS),
        1..=MAX_LEASED_NOTIFICATIONS => Ok(stated),
        _ => Err(FieldViolation::new("max_notifications", format!("is above {MAX_LEASED_NOTIFICATIONS}"))),
    }
}

fn parse_timeout(stated: Option<prost_types::Duration>, min: Duration) -> Result<Option<Duration>, FieldViolation> {
    let timeout = parse_duration("visibility_timeout", stated)?;
    if timeout.is_some_and(|timeout| timeout < min || timeout > MAX_LEASE_TIMEOUT) {
        let (min, max) = (min.as_secs(), MAX_LEASE_TIMEOUT.as_secs() / 3600);
        return Err(FieldViolation::new("visibility_timeout", format!("is not between {min} s and {max} h")));
    }
    Ok(timeout)
}

/// Parses the lease and the notifications that it may hold.
fn parse_held(lease: &str, ids: &[String]) -> Result<Vec<NotificationId>, FieldViolations> {
    let mut violations = FieldViolations::default();
    violations.check(check_required_text("lease_id", lease, MAX_LEASE_ID_BYTES));
    let ids = violations.check(parse_ids(ids)).unwrap_or_default();
    violations.into_result()?;
    Ok(ids)
}

/// Parses the IDs of dead notifications. `None` means all, which the caller must state.
fn parse_dead(ids: &[String], all: bool) -> Result<Option<Vec<NotificationId>>, FieldViolation> {
    match (ids, all) {
        ([], true) => Ok(None),
        ([], false) => Err(FieldViolation::new("notification_ids", "or `all` is required")),
        (_, true) => Err(FieldViolation::new("all", "cannot be set together with `notification_ids`")),
        (ids, false) => parse_ids(ids).map(Some),
    }
}

/// Parses the IDs of notifications. A repeated one counts once.
fn parse_ids(ids: &[String]) -> Result<Vec<NotificationId>, FieldViolation> {
    if ids.is_empty() || ids.len() > MAX_LEASED_NOTIFICATIONS as usize {
        let text = format!("has {} entries; 1 to {MAX_LEASED_NOTIFICATIONS} are required", ids.len());
        return Err(FieldViolation::new("notification_ids", text));
    }
    let mut parsed = ids.iter().map(|id| id.parse()).collect::<Result<Vec<NotificationId>, _>>()?;
    parsed.sort_unstable();
    parsed.dedup();
    Ok(parsed)
}

/// Returns the IDs that are among `held`, and the others.
fn partition(ids: &[NotificationId], held: &[NotificationId]) -> (Vec<String>, Vec<String>) {
    let (held, others): (Vec<_>, Vec<_>) = ids.iter().partition(|id| held.contains(id));
    let texts = |ids: Vec<&NotificationId>| ids.iter().map(ToString::to_string).collect();
    (texts(held), texts(others))
}

fn notification(leased: UserNotification) -> api::Notification {
    let UserNotification { id, tenant, user, email, locale, message, alerts, links, attempts, expires_at } = leased;
    let most_severe = alerts.iter().map(|alert| alert.severity).max().unwrap_or(Severity::Info);
    let strongest = alerts.iter().map(|alert| alert.action_taken).max().unwrap_or(AlertAction::None);
    let event_time: Option<Timestamp> = alerts.first().map(|alert| timestamp(alert.event_time));
    let client = alerts.first().map(|alert| alert.current.clone()).unwrap_or_default();
    let finding = |(alert, text): (&Alert, String)| api::NotificationFinding {
        alert_id: alert.id.to_string(),
        rule: alert.rule.clone(),
        severity: severity(alert.severity).into(),
        text,
    };
    api::Notification {
        notification_id: id.to_string(),
        tenant_id: tenant,
        user_id: user,
        email,
        locale,
        language: message.language,
        subject: message.subject,
        text: message.text,
        severity: severity(most_severe).into(),
        findings: alerts.iter().zip(message.findings).map(finding).collect(),
        device: client.device.map(device),
        location: Some(location(client.location)),
        event_time,
        action_taken: action(strongest).into(),
        links: links.map(|links| api::NotificationLinks {
            was_me: links.was_me,
            was_not_me: links.was_not_me,
            expires_at: Some(timestamp(links.expires_at)),
        }),
        attempt: attempts,
        expires_at: Some(timestamp(expires_at)),
    }
}

fn dead_notification(dead: DeadNotification) -> api::DeadNotification {
    let DeadNotification { id, tenant, user, attempts, queued_at } = dead;
    api::DeadNotification {
        notification_id: id.to_string(),
        tenant_id: tenant,
        user_id: user,
        attempts,
        queued_at: Some(timestamp(queued_at)),
    }
}

#[tonic::async_trait]
impl NotificationService for NotificationServiceHandler {
    async fn lease(&self, request: Request<api::LeaseRequest>) -> Result<Response<api::LeaseResponse>, Status> {
        status::into_grpc_result(self.lease(request).await)
    }

    async fn ack(&self, request: Request<api::AckRequest>) -> Result<Response<api::AckResponse>, Status> {
        status::into_grpc_result(self.ack(request).await)
    }

    async fn extend(&self, request: Request<api::ExtendRequest>) -> Result<Response<api::ExtendResponse>, Status> {
        status::into_grpc_result(self.extend(request).await)
    }

    async fn requeue(&self, request: Request<api::RequeueRequest>) -> Result<Response<api::RequeueResponse>, Status> {
        status::into_grpc_result(self.requeue(request).await)
    }

    async fn answer_link(
        &self,
        request: Request<api::AnswerLinkRequest>,
    ) -> Result<Response<api::AnswerLinkResponse>, Status> {
        status::into_grpc_result(self.answer_link(request).await)
    }

    async fn get_queue_stats(
        &self,
        request: Request<api::GetQueueStatsRequest>,
    ) -> Result<Response<api::GetQueueStatsResponse>, Status> {
        status::into_grpc_result(self.get_queue_stats(request).await)
    }
}
