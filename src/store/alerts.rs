//! The stream of alerts: one order for the whole installation.

use std::{fmt, pin::Pin, str::FromStr, time::Duration};

use async_trait::async_trait;
use tokio_stream::Stream;

use super::error::StoreError;
use crate::domain::{Alert, Bucket, UnixMillis};

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
    /// What is wrong with it, when it cannot be read.
    pub alert: Result<Alert, String>,
}

/// A part of the stream, as one read found it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertPage {
    /// The newest alert that was ever appended, kept or not; zero when there was none. As of just before
    /// `alerts` were read, so that where there are none nothing was appended since.
    pub newest: AlertPosition,
    /// Oldest first.
    pub alerts: Vec<StreamedAlert>,
}

/// How much of the stream is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    pub alerts: u64,
    /// By the clock of the engine, which also stamped them.
    pub age: Duration,
}

/// What [`AlertStream::forward`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Alerts that are new in the stream.
    pub alerts: u64,
    /// Findings that this release cannot read. They are in the stream as they were, for one that can.
    pub unreadable: u64,
    /// The bucket holds more findings.
    pub more: bool,
}

/// Findings that are not in the stream yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
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
/// An alert is in the stream before anybody is told of it, and stays there while [`Keep`] allows.
#[async_trait]
pub trait AlertStream: Send + Sync {
    /// The findings that wait.
    async fn waiting(&self) -> Result<Waiting, StoreError>;

    /// Moves the oldest findings of a bucket, at most `limit`, to the end of the stream in their order,
    /// and tells those who listen. What is in the stream already, by its id, is not appended again: so
    /// several nodes may forward one bucket, and each be killed, at any time.
    async fn forward(&self, bucket: Bucket, limit: usize, keep: Keep) -> Result<Forwarded, StoreError>;

    /// The alerts after a position, oldest first, at most `limit`.
    async fn read(&self, after: AlertPosition, limit: usize) -> Result<AlertPage, StoreError>;

    /// The position of the newest alert that was ever appended, kept or not; zero when there was none.
    async fn newest(&self) -> Result<AlertPosition, StoreError>;

    /// A position so long before another; [`AlertPosition::START`] where positions are no times.
    fn before(&self, position: AlertPosition, span: Duration) -> AlertPosition;

    /// Listens from when this answers.
    async fn listen(&self) -> Result<AlertMessages, StoreError>;
}
