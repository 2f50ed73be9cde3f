//! The notifications of a batch of alerts.

use super::NotificationSettings;
use crate::{
    domain::{
        Alert, Owner, UnixMillis,
        notification::{NotificationDraft, NotificationId},
    },
    store::StreamedAlert,
};

/// Returns the notifications about `alerts`, one for each sign-in or other event. Those that are expired at `now` are
/// left out.
pub(super) fn draft_notifications(
    alerts: &[StreamedAlert],
    settings: &NotificationSettings,
    now: UnixMillis,
) -> Vec<NotificationDraft> {
    let mut groups: Vec<NotificationGroup> = Vec::new();
    for streamed in alerts {
        let Ok(alert) = &streamed.alert else { continue };
        let id = notification_id(alert);
        let known = groups.iter().position(|group| group.draft.id == id);
        let user = alert.user.clone().filter(|_| settings.is_for_user(alert));
        let group = match (known, &user) {
            (Some(known), _) => &mut groups[known],
            (None, Some(user)) => {
                let owner = Owner { tenant: alert.tenant.clone(), user: user.clone() };
                groups.push(NotificationGroup::new(id, owner, alert, settings));
                let last = groups.len() - 1;
                &mut groups[last]
            }
            (None, None) => continue,
        };
        group.draft.is_complete |= alert.group.is_none_or(|group| group.position >= group.size);
        if user.is_some() {
            group.add(streamed, alert, settings);
        }
    }
    let is_queued = |group: &NotificationGroup| group.is_selected && group.draft.expires_at > now;
    groups.into_iter().filter(is_queued).map(|group| group.draft).collect()
}

/// Returns the ID of the notification about an alert. Alerts of one sign-in, and no others, share one.
fn notification_id(alert: &Alert) -> NotificationId {
    let group = match alert.group_id() {
        group if group.is_empty() || alert.acknowledgement.is_some() => alert.id.to_string(),
        group => group,
    };
    NotificationId::new(&alert.tenant, &group)
}

/// The findings of one sign-in.
struct NotificationGroup {
    draft: NotificationDraft,
    /// Set if one of the findings leads to a notification.
    is_selected: bool,
}

impl NotificationGroup {
    fn new(id: NotificationId, owner: Owner, first: &Alert, settings: &NotificationSettings) -> Self {
        let (event_time, expires_at) = (first.event_time, first.event_time.plus(settings.retention));
        let draft = NotificationDraft { id, owner, event_time, expires_at, is_complete: false, findings: Vec::new() };
        Self { draft, is_selected: false }
    }

    fn add(&mut self, streamed: &StreamedAlert, alert: &Alert, settings: &NotificationSettings) {
        self.is_selected |= settings.selects(alert);
        if !self.draft.findings.iter().any(|(known, _)| *known == alert.id) {
            self.draft.findings.push((alert.id, streamed.record.clone()));
        }
    }
}
