//! The stream of alerts: one order for the whole installation.

use std::{fmt, pin::Pin, str::FromStr, time::Duration};

use async_trait::async_trait;
use tokio_stream::Stream;

use super::{error::StoreError, record};
use crate::domain::{Alert, Bucket, Owner, UnixMillis};

/// Where an alert lies in the stream. Later alerts have greater positions; zero is before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertPosition {
    /// On Redis the time of its server in milliseconds, on SQLite a number.
    pub major: u64,
    pub minor: u64,
}

impl AlertPosition {
    /// Before every alert.
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
        let (major, minor) = parts.ok_or_else(|| StoreError::corrupt("reading an alert", "its position is not one"))?;
        Ok(Self { major, minor })
    }
}

/// An alert in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamedAlert {
    pub position: AlertPosition,
    /// The alert before it when it was appended. Who has another one last has missed something.
    pub previous: AlertPosition,
    /// As it is stored. Empty where nothing is left of it.
    pub record: Vec<u8>,
    pub alert: Result<Alert, MissingAlert>,
}

impl StreamedAlert {
    /// What is stored in a place.
    #[must_use]
    pub fn from_record(position: AlertPosition, previous: AlertPosition, record: Vec<u8>) -> Self {
        let alert = match record.as_slice() {
            [] => Err(MissingAlert::Forgotten),
            bytes => record::decode_alert(bytes).map_err(|error| MissingAlert::Unreadable(error.to_string())),
        };
        Self { position, previous, record, alert }
    }
}

/// Why a place in the stream has no alert to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingAlert {
    /// It was removed with the person it was about. Nobody misses it.
    Forgotten,
    /// What is wrong with it.
    Unreadable(String),
}

/// A part of the stream, as one read found it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertPage {
    /// The newest alert that was ever appended, kept or not; zero when there was none. As of just before
    /// `alerts` were read, so that where there are none nothing was appended since.
    pub newest: AlertPosition,
    /// The alert before those of the page, or before what comes next where there are none. Greater than the position
    /// asked for: something between the two was kept no longer. Less: there was no such position. What was removed
    /// with the person it was about counts as read.
    pub preceding: AlertPosition,
    /// Oldest first.
    pub alerts: Vec<StreamedAlert>,
}

/// How much of the stream is kept.
#[derive(Clone, Copy, Debug)]
pub struct AlertRetention {
    pub alerts: u64,
    /// By the clock of the engine, which also stamped them.
    pub age: Duration,
    /// None after this goes for its age, as the archive does not have it yet; for the number of alerts it does. `None`:
    /// there is no archive.
    pub archived: Option<AlertPosition>,
}

/// What [`AlertStream::forward`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForwardOutcome {
    /// Alerts that are new in the stream.
    pub alerts: u64,
    /// Findings that this release cannot read. They are in the stream as they were, for one that can.
    pub unreadable: u64,
    /// The bucket holds more findings.
    pub has_more: bool,
}

/// Findings that are not in the stream yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingFindings {
    /// Where they lie.
    pub buckets: Vec<Bucket>,
    pub findings: u64,
    /// When the oldest of them was written, by the clock of the engine.
    pub oldest: Option<UnixMillis>,
}

/// Alerts as they are appended. May miss some, which [`StreamedAlert::previous`] tells. Ends after an error.
pub type AlertMessages = Pin<Box<dyn Stream<Item = Result<StreamedAlert, StoreError>> + Send>>;

/// What raised alerts go through, from the outbox of findings to those who listen.
///
/// An alert is in the stream before anybody is told of it, and stays there while [`AlertRetention`] allows.
#[async_trait]
pub trait AlertStream: Send + Sync {
    /// The findings that wait.
    async fn pending_findings(&self) -> Result<PendingFindings, StoreError>;

    /// Moves the oldest findings of a bucket, at most `limit`, to the end of the stream in their order,
    /// and tells those who listen. What is in the stream already, by its id, is not appended again: so
    /// several nodes may forward one bucket, and each be killed, at any time.
    async fn forward(&self, bucket: Bucket, limit: usize, keep: AlertRetention) -> Result<ForwardOutcome, StoreError>;

    /// The alerts after a position, oldest first, at most `limit`.
    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError>;

    /// The position of the newest alert that was ever appended, kept or not; zero when there was none.
    async fn newest(&self) -> Result<AlertPosition, StoreError>;

    /// Removes all alerts about a user, those that wait to be forwarded too, and answers how many there were. Whoever
    /// reads on across a place where one was misses none of the others and is told of no gap; where the engine keeps
    /// the place, it is [`MissingAlert::Forgotten`]. One that a forwarder has in hand at that moment may still arrive
    /// afterwards: a repeat finds it. An error may leave some; a repeat goes on.
    async fn delete_user_alerts(&self, owner: &Owner) -> Result<u64, StoreError>;

    /// A position so long before another; [`AlertPosition::START`] where positions are no times.
    fn position_before(&self, position: AlertPosition, span: Duration) -> AlertPosition;

    /// Listens from when this answers.
    async fn listen(&self) -> Result<AlertMessages, StoreError>;
}
