//! The stream of alerts: one order for the whole installation.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{Alert, Bucket, UnixMillis};

/// Where an alert lies in the stream. Later alerts have greater positions; zero is before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertPosition {
    pub major: u64,
    pub minor: u64,
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

/// How much of the stream is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    pub alerts: u64,
    pub age: Duration,
}

/// What [`AlertStream::forward`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Alerts that are new in the stream.
    pub alerts: u64,
    /// The bucket holds more findings.
    pub more: bool,
}

/// What raised alerts go through, from the outbox of findings to those who listen.
///
/// An alert is in the stream before anybody is told of it, and stays there while [`Keep`] allows.
#[async_trait]
pub trait AlertStream: Send + Sync {
    /// Buckets in which findings wait.
    async fn waiting(&self) -> Result<Vec<Bucket>, StoreError>;

    /// Moves the oldest findings of a bucket, at most `limit`, to the end of the stream in their order,
    /// and tells those who listen. What is in the stream already, by its id, is not appended again: so
    /// several nodes may forward one bucket, and each be killed, at any time.
    async fn forward(&self, bucket: Bucket, limit: usize, keep: Keep, now: UnixMillis)
    -> Result<Forwarded, StoreError>;

    /// The alerts after a position, oldest first, at most `limit`.
    async fn read(&self, after: AlertPosition, limit: usize) -> Result<Vec<StreamedAlert>, StoreError>;

    /// The position of the newest alert that was ever appended, kept or not; zero when there was none.
    async fn newest(&self) -> Result<AlertPosition, StoreError>;

    /// Listens from now on.
    async fn listen(&self) -> Result<Box<dyn AlertListener>, StoreError>;
}

/// Somebody who listens to the stream.
#[async_trait]
pub trait AlertListener: Send {
    /// The next alert. May miss some: [`StreamedAlert::previous`] tells. An error means that this listener
    /// is of no more use.
    async fn next(&mut self) -> Result<StreamedAlert, StoreError>;
}
