//! Replays: messages that are sent again since a time.

use super::{parts::WebhookParts, subject::MessageSubject};
use crate::{
    audit::{AuditError, ReplayStep, WebhookPosition, WebhookReplay},
    domain::{
        search::{AuditEventKind, EventSearch, PageRequest, RecordingRange},
        webhook::WebhookEndpoint,
    },
};

/// Returns a search for the events that an endpoint receives. One that receives alerts only searches for rare events, so
/// that its position moves on.
pub(super) fn event_search(endpoint: &WebhookEndpoint) -> EventSearch {
    let kinds = endpoint.event_kinds().unwrap_or_else(|| vec![AuditEventKind::WebhookChanged]);
    EventSearch { tenants: endpoint.tenant_filter(), kinds, ..EventSearch::default() }
}

/// Reads the next messages of a replay, from at most `limit` events and as many alerts. `position` is that up to which
/// messages of the endpoint were delivered or queued. Returns their subjects, and the
/// position that the replay reaches with them.
pub(super) async fn read_replay(
    parts: &WebhookParts,
    endpoint: &WebhookEndpoint,
    replay: &WebhookReplay,
    position: WebhookPosition,
    limit: u32,
) -> Result<(Vec<MessageSubject>, ReplayStep), AuditError> {
    // Messages delivered after that position are not sent again.
    let end = replay.end.unwrap_or(position);
    let range = RecordingRange { since: Some(replay.since), up_to: Some(end.events) };
    let page = PageRequest { size: limit, after: replay.events };
    let recorded = parts.history.list_recorded(&event_search(endpoint), range, page).await?;
    let alert_limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let alerts = parts.archive.read(replay.alerts, end.alerts, alert_limit).await?;

    let step = ReplayStep {
        number: replay.number,
        reached: WebhookPosition {
            events: recorded.resume,
            alerts: alerts.last().map_or(replay.alerts, |last| last.position),
        },
        end,
        sent: 0,
        is_finished: !recorded.has_more && alerts.len() < alert_limit,
    };
    let events = recorded.events.into_iter().map(|event| MessageSubject::Event(Box::new(event)));
    let alerts = alerts.into_iter().filter_map(|alert| alert.alert.ok());
    let alerts = alerts.filter(|alert| alert.event_time >= replay.since);
    let alerts = alerts.map(|alert| MessageSubject::Alert(Box::new(alert)));
    let subjects = events.chain(alerts).filter(|subject| subject.is_wanted_by(endpoint)).collect();
    Ok((subjects, step))
}
