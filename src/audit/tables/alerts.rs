//! The table of alerts.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{
    ColumnValue::{Address, Bytes, Id, Integer, Json, SessionId as SessionKey, SmallInteger, Text, Time},
    TableColumn, TableRow, non_empty,
    stored_columns::{decode_error, decode_name},
};
use crate::{
    audit::erasure::{ErasureMarks, PersonDigest, digest},
    domain::{
        EventId, Owner, SessionId, UnixMillis,
        alert::{AlertEvidence, AlertId, AlertVerdict, NoveltyKind},
        search::{GivenAnswer, ListedAlert},
        time::millis,
    },
    store::{AlertPosition, StreamedAlert, record::AlertOutline},
};

/// A row of `alerts`. A redacted row is a placeholder, which keeps the stream around it contiguous.
#[derive(Debug)]
pub(in crate::audit) struct AlertRow<'a> {
    pub position: AlertPosition,
    pub previous: AlertPosition,
    outline: AlertOutline,
    session: Option<SessionId>,
    device_id: Option<&'a str>,
    ip: Option<IpAddr>,
    country: Option<&'a str>,
    reason: &'a str,
    /// JSON.
    detail: Option<String>,
    record: &'a [u8],
    is_redacted: bool,
}

impl<'a> AlertRow<'a> {
    /// Converts an alert of the stream. If this release cannot decode the alert, the row has the parts that it can
    /// decode.
    pub fn from_streamed(streamed: &'a StreamedAlert) -> Self {
        let alert = streamed.alert.as_ref().ok();
        Self {
            position: streamed.position,
            previous: streamed.previous,
            outline: AlertOutline::from_bytes(&streamed.record),
            session: alert.and_then(|alert| alert.session),
            device_id: alert.and_then(|alert| non_empty(&alert.device_id)),
            ip: alert.and_then(|alert| alert.current.location.ip),
            country: alert.and_then(|alert| non_empty(&alert.current.location.country)),
            reason: alert.map(|alert| alert.reason_admin.as_str()).unwrap_or_default(),
            detail: alert.and_then(|alert| Some(to_json(alert.detail.as_ref()?).to_string())),
            record: &streamed.record,
            is_redacted: false,
        }
    }

    /// Returns the digest under which an erasure mark of the user would be stored, or `None` if the alert is about no
    /// user.
    pub fn person_digest(&self) -> Option<PersonDigest> {
        Some(digest(&Owner::new(&self.outline.tenant, non_empty(&self.outline.user)?).ok()?))
    }

    /// Returns the row, redacted if its user was erased.
    pub fn redact_if_forgotten(self, marks: &ErasureMarks) -> Self {
        let is_redacted = self.person_digest().is_some_and(|who| marks.covers(&who, self.outline.event_time));
        Self { is_redacted, ..self }
    }
}

impl TableRow for AlertRow<'_> {
    const TABLE: &'static str = "alerts";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("major", Integer(|row| Some(to_column(row.position.major)))),
            Self::column("minor", Integer(|row| Some(to_column(row.position.minor)))),
            Self::column("previous_major", Integer(|row| Some(to_column(row.previous.major)))),
            Self::column("previous_minor", Integer(|row| Some(to_column(row.previous.minor)))),
            Self::column("alert_id", Id(|row| Some(EventId(row.outline.id.0)))),
            Self::column("tenant", Text(|row| Some(&row.outline.tenant))),
            Self::personal_column("user_id", Text(|row| non_empty(&row.outline.user))),
            Self::personal_column("session_id", SessionKey(|row| row.session)),
            Self::personal_column("device_id", Text(|row| row.device_id)),
            Self::column("rule", Text(|row| Some(&row.outline.rule))),
            Self::column("rule_version", Integer(|row| Some(row.outline.rule_version.into()))),
            Self::column("severity", SmallInteger(|row| Some(row.outline.severity))),
            Self::column("event_time", Time(|row| Some(row.outline.event_time))),
            Self::column("detected_time", Time(|row| Some(row.outline.detected_time))),
            Self::column("answered_alert_id", Id(|row| row.outline.answered.map(|AlertId(id)| EventId(id)))),
            Self::personal_column("ip", Address(|row| row.ip)),
            Self::personal_column("country", Text(|row| row.country)),
            Self::required_personal_column("reason", Text(|row| Some(row.reason))),
            Self::personal_column("detail", Json(|row| row.detail.as_deref())),
            Self::required_personal_column("record", Bytes(|row| Some(row.record))),
        ]
    }

    fn is_redacted(&self) -> bool {
        self.is_redacted
    }
}

/// The columns read of a row: its position, the previous position, and the record.
pub(in crate::audit) type StoredAlertRow = (i64, i64, i64, i64, Vec<u8>);

impl From<StoredAlertRow> for StreamedAlert {
    fn from((major, minor, previous_major, previous_minor, record): StoredAlertRow) -> Self {
        Self::from_record(to_position((major, minor)), to_position((previous_major, previous_minor)), record)
    }
}

/// Converts the columns of a position.
pub(in crate::audit) fn to_position((major, minor): (i64, i64)) -> AlertPosition {
    let number = |column| u64::try_from(column).unwrap_or_default();
    AlertPosition { major: number(major), minor: number(minor) }
}

/// Converts a part of a position to a column.
pub(in crate::audit) fn to_column(part: u64) -> i64 {
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

/// A row of a list of alerts, with the latest answer.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::audit) struct ListedAlertRow {
    record: Vec<u8>,
    answered_at: Option<UnixMillis>,
    answer_verdict: Option<String>,
    answer_actor: Option<String>,
}

impl ListedAlertRow {
    /// Converts the row. Returns an error for a row of a newer release that this one cannot read.
    pub fn into_listed_alert(self) -> sqlx::Result<ListedAlert> {
        let streamed = StreamedAlert::from_record(AlertPosition::START, AlertPosition::START, self.record);
        let alert = streamed.alert.map_err(|missing| decode_error("record", format_args!("{missing:?}")))?;
        let answer = self.answered_at.zip(self.answer_verdict).map(|(at, verdict)| {
            let verdict = decode_name("alert_verdict", &verdict, AlertVerdict::from_name)?;
            Ok::<_, sqlx::Error>(GivenAnswer { verdict, at, actor: self.answer_actor.unwrap_or_default() })
        });
        Ok(ListedAlert { alert, answer: answer.transpose()? })
    }
}
