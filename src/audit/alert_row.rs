//! An alert as the audit stores it, before each database converts it to its own types.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{
    erasure::{ErasureMarks, PersonDigest, digest},
    rows::non_empty,
};
use crate::{
    domain::{
        Owner,
        alert::{AlertEvidence, NoveltyKind},
        time::millis,
    },
    store::{AlertPosition, StreamedAlert, record::AlertOutline},
};

/// A row of `alerts`. Without a user it is a placeholder, which keeps the stream around it contiguous.
#[derive(Debug)]
pub(super) struct AlertRow<'a> {
    pub position: AlertPosition,
    pub previous: AlertPosition,
    pub outline: AlertOutline,
    pub user: Option<String>,
    pub session: Option<String>,
    pub device_id: Option<&'a str>,
    pub ip: Option<IpAddr>,
    pub country: Option<&'a str>,
    pub reason: &'a str,
    /// JSON.
    pub detail: Option<String>,
    pub record: &'a [u8],
}

impl<'a> AlertRow<'a> {
    /// Converts an alert of the stream. If this release cannot decode the alert, the row has the parts that it can
    /// decode.
    pub fn from_streamed(streamed: &'a StreamedAlert) -> Self {
        let outline = AlertOutline::from_bytes(&streamed.record);
        let user = non_empty(&outline.user).map(str::to_owned);
        let placeholder = Self::new_placeholder(streamed.position, streamed.previous, outline);
        let mut row = Self { user, record: &streamed.record, ..placeholder };
        if let Ok(alert) = &streamed.alert {
            row.session = alert.session.map(|id| id.to_string());
            row.device_id = non_empty(&alert.device_id);
            row.ip = alert.current.location.ip;
            row.country = non_empty(&alert.current.location.country);
            row.reason = &alert.reason_admin;
            row.detail = alert.detail.as_ref().map(|detail| to_json(detail).to_string());
        }
        row
    }

    /// Returns the digest under which an erasure mark of the user would be stored, or `None` if the alert is about no
    /// user.
    pub fn person_digest(&self) -> Option<PersonDigest> {
        Some(digest(&Owner::new(&self.outline.tenant, self.user.as_deref()?).ok()?))
    }

    /// Returns the row, or a placeholder if its user was erased.
    pub fn redact_if_forgotten(self, marks: &ErasureMarks) -> Self {
        let is_forgotten = self.person_digest().is_some_and(|who| marks.covers(&who, self.outline.event_time));
        if is_forgotten { Self::new_placeholder(self.position, self.previous, self.outline) } else { self }
    }

    /// Creates a placeholder: a row without a user.
    fn new_placeholder(position: AlertPosition, previous: AlertPosition, outline: AlertOutline) -> Self {
        Self {
            position,
            previous,
            outline,
            user: None,
            session: None,
            device_id: None,
            ip: None,
            country: None,
            reason: "",
            detail: None,
            record: &[],
        }
    }
}

/// The columns read of a row: its position, the previous position, and the record.
pub(super) type StoredAlertRow = (i64, i64, i64, i64, Vec<u8>);

impl From<StoredAlertRow> for StreamedAlert {
    fn from((major, minor, previous_major, previous_minor, record): StoredAlertRow) -> Self {
        Self::from_record(to_position((major, minor)), to_position((previous_major, previous_minor)), record)
    }
}

/// Converts the columns of a position.
pub(super) fn to_position((major, minor): (i64, i64)) -> AlertPosition {
    let number = |column| u64::try_from(column).unwrap_or_default();
    AlertPosition { major: number(major), minor: number(minor) }
}

/// Converts a part of a position to a column.
pub(super) fn to_column(part: u64) -> i64 {
    i64::try_from(part).unwrap_or(i64::MAX)
}

/// Converts the evidence to JSON, with the field names of the contract.
fn to_json(detail: &AlertEvidence) -> Value {
    match detail {
        AlertEvidence::Travel(travel) => json!({
            "distance_km": travel.distance_km,
            "effective_distance_km": travel.effective_distance_km,
            "elapsed_ms": millis(travel.elapsed),
            "speed_kmh": travel.speed_kmh,
            "max_speed_kmh": travel.max_speed_kmh,
            "min_distance_km": travel.min_distance_km,
        }),
        AlertEvidence::Novelty(novelty) => json!({
            "kind": novelty_name(novelty.kind),
            "value": novelty.value,
            "known_values": novelty.known_values,
            "known_logins": novelty.known_logins,
            "previous_login_at": novelty.previous_login_at.map(|at| at.to_string()),
        }),
        AlertEvidence::Volume(volume) => json!({
            "count": volume.count,
            "threshold": volume.threshold,
            "window_ms": millis(volume.window),
            "distinct_users": volume.distinct_users,
            "distinct_networks": volume.distinct_networks,
            "distinct_devices": volume.distinct_devices,
        }),
        AlertEvidence::Replay(replay) => json!({
            "reason": replay.reason.name(),
            "invalid_since": replay.invalid_since.to_string(),
            "presented_at": replay.presented_at.to_string(),
            "presented_count": replay.presented_count,
        }),
    }
}

const fn novelty_name(kind: NoveltyKind) -> &'static str {
    match kind {
        NoveltyKind::Country => "country",
        NoveltyKind::Device => "device",
        NoveltyKind::Network => "network",
        NoveltyKind::Hour => "hour",
        NoveltyKind::AccountUse => "account_use",
    }
}
