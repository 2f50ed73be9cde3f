//! The alert stream: one order for the whole installation.

use std::{fmt, pin::Pin, str::FromStr, time::Duration};

use async_trait::async_trait;
use tokio_stream::Stream;

use super::{error::StoreError, record};
use crate::domain::{Alert, Bucket, Owner, UnixMillis, alert::AlertId};

/// The position of an alert in the stream. Later alerts have greater positions; zero is before every alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertPosition {
    /// The time of the server in milliseconds on Redis, a number on SQLite.
    pub major: u64,
    pub minor: u64,
}

impl AlertPosition {
    /// The position before every alert.
    pub const START: Self = Self { major: 0, minor: 0 };
}

/// `major-minor`.
impl fmt::Display for AlertPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.major, self.minor)
    }
}

impl FromStr for AlertPosition {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('-').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor) = parts.ok_or_else(|| StoreError::corrupt("reading an alert", "invalid stream position"))?;
        Ok(Self { major, minor })
    }
}

/// An alert with its position in the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamedAlert {
    pub position: AlertPosition,
    /// The alert before it when it was appended. A reader whose last alert is another one has missed some.
    pub previous: AlertPosition,
    /// The stored form. Empty if the alert was removed.
    pub record: Vec<u8>,
    pub alert: Result<Alert, MissingAlert>,
}

impl StreamedAlert {
    /// Decodes the record that is stored at a position.
    #[must_use]
    pub fn from_record(position: AlertPosition, previous: AlertPosition, record: Vec<u8>) -> Self {
        let alert = match record.as_slice() {
            [] => Err(MissingAlert::Forgotten),
            bytes => record::decode_alert(bytes).map_err(|error| MissingAlert::Unreadable(error.to_string())),
        };
        Self { position, previous, record, alert }
    }
}

/// The reason why a position in the stream has no alert to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingAlert {
    /// The alert was erased with its user. Its absence is not a gap.
    Forgotten,
    /// The alert cannot be decoded, for this reason.
    Unreadable(String),
}

/// A page of the stream, as one read returned it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertPage {
    /// The newest alert that was ever appended, stored or not; zero if there was none. It is read just before `alerts`:
    /// if they are empty, nothing was appended since.
    pub newest: AlertPosition,
    /// The alert before those of the page, or before the next one if the page is empty. If it is greater than the
    /// requested position, alerts between the two are no longer stored. If it is less, the requested position does not
    /// exist. Alerts that were erased with their user count as read.
    pub preceding: AlertPosition,
    /// The alerts, oldest first.
    pub alerts: Vec<StreamedAlert>,
}

/// The retention of the alert stream.
#[derive(Clone, Copy, Debug)]
pub struct AlertRetention {
    pub alerts: u64,
    /// The maximum age, by the clock of the engine, which also stamps the alerts.
    pub age: Duration,
    /// The position up to which the archive has the alerts. Later alerts are not removed for their age, only for the
    /// number of alerts. `None` if there is no archive.
    pub archived: Option<AlertPosition>,
}

/// The outcome of [`AlertStream::forward`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForwardOutcome {
    /// The number of alerts that are new in the stream.
    pub alerts: u64,
    /// The number of findings that this release cannot decode. They are in the stream unchanged, for a release that
    /// can.
    pub unreadable: u64,
    /// True if the bucket holds more findings.
    pub has_more: bool,
}

/// Findings that are not in the stream yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingFindings {
    /// The buckets that hold them.
    pub buckets: Vec<Bucket>,
    pub findings: u64,
    /// The time at which the oldest of them was written, by the clock of the engine.
    pub oldest: Option<UnixMillis>,
}

/// Alerts as they are appended. Some may be missing, which [`StreamedAlert::previous`] reveals. Ends after an error.
pub type AlertMessages = Pin<Box<dyn Stream<Item = Result<StreamedAlert, StoreError>> + Send>>;

/// The path of alerts from the outbox of findings to the listeners.
///
/// An alert is in the stream before any listener is notified of it, and stays there as long as [`AlertRetention`]
/// allows.
#[async_trait]
pub trait AlertStream: Send + Sync {
    /// Returns the findings that are not in the stream yet.
    async fn pending_findings(&self) -> Result<PendingFindings, StoreError>;

    /// Moves the oldest findings of a bucket, at most `limit`, to the end of the stream in their order, and notifies
    /// the listeners. An alert whose ID is already in the stream is not appended again. Several nodes may therefore
    /// forward one bucket, and each may be killed at any time.
    async fn forward(&self, bucket: Bucket, limit: usize, keep: AlertRetention) -> Result<ForwardOutcome, StoreError>;

    /// Returns the alerts after a position, oldest first, at most `limit`.
    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError>;

    /// Returns an alert that is in the stream, by its ID.
    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, StoreError>;

    /// Returns the position of the newest alert that was ever appended, stored or not; zero if there was none.
    async fn newest(&self) -> Result<AlertPosition, StoreError>;

    /// Removes all alerts about a user, including those that wait to be forwarded, and returns their number. A reader
    /// that continues across a removed alert misses no other alert and sees no gap. If the engine keeps the position,
    /// it is [`MissingAlert::Forgotten`]. An alert that a forwarder is moving at that moment may still arrive
    /// afterwards; a repeat finds it. After an error some alerts may remain; a repeat continues.
    async fn delete_user_alerts(&self, owner: &Owner) -> Result<u64, StoreError>;

    /// Returns a position that is `span` before another, or [`AlertPosition::START`] if positions are not times.
    fn position_before(&self, position: AlertPosition, span: Duration) -> AlertPosition;

    /// Listens for alerts, from the moment when this returns.
    async fn listen(&self) -> Result<AlertMessages, StoreError>;
}
