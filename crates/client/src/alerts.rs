//! The stream of alerts.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::{Code, Streaming, transport::Channel};

use crate::{
    api::{
        Alert, Gap, StreamAlertsRequest, StreamAlertsResponse, session_service_client::SessionServiceClient,
        stream_alerts_response::Event,
    },
    call::{CallOptions, backoff},
    error::CallError,
};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// A stream on which not even a heartbeat arrives for so long is dead.
const SILENCE_LIMIT: Duration = Duration::from_secs(45);
/// The number of latest alerts of which a repeat is recognised.
const REMEMBERED_ALERTS: usize = 1_000;
/// The number of items that are read ahead. If they are not taken, the server ends the stream as too slow, and it
/// resumes later.
const READ_AHEAD: usize = 64;

/// An item of an [`AlertStream`].
#[derive(Clone, Debug)]
pub enum AlertItem {
    /// An alert.
    Alert(Box<Alert>),
    /// Alerts were not sent, or will be repeated; see the reason.
    Gap(Gap),
}

/// A stream of alerts. A task reads it, reconnects if it breaks, and continues after the last alert or heartbeat. The
/// task ends when the stream is dropped.
#[derive(Debug)]
pub struct AlertStream {
    items: Receiver<Received>,
    /// The first of `items`, if it was received already.
    next: Option<Received>,
    cursor: String,
    _task: JoinSet<()>,
}

/// An item of a stream, or none for a heartbeat, and the cursor after it.
#[derive(Debug)]
struct Received {
    item: Option<Result<AlertItem, CallError>>,
    cursor: String,
}

impl AlertStream {
    pub(crate) fn new(
        client: SessionServiceClient<Channel>,
        options: CallOptions,
        request: StreamAlertsRequest,
    ) -> Self {
        let (sender, items) = mpsc::channel(READ_AHEAD);
        let cursor = request.resume_cursor.clone();
        let reader = AlertReader { client, options, request, failures: 0, seen: LatestAlerts::default(), sender };
        let mut task = JoinSet::new();
        task.spawn(reader.run());
        Self { items, next: None, cursor, _task: task }
    }

    /// Returns the cursor after the last item that [`AlertStream::next`] returned, or after a later heartbeat. Store it
    /// once the item is processed, and pass it as `resume_cursor` after a restart.
    pub fn cursor(&mut self) -> &str {
        while self.next.as_ref().is_none_or(|received| received.item.is_none()) {
            if let Some(heartbeat) = self.next.take() {
                self.cursor = heartbeat.cursor;
            }
            match self.items.try_recv() {
                Ok(received) => self.next = Some(received),
                Err(_) => break,
            }
        }
        &self.cursor
    }

    /// Waits for the next alert. Returns an error only if the server refuses the stream, because the request is invalid
    /// or the caller may not make it, and None after that. No item is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<AlertItem, CallError>> {
        loop {
            let Received { item, cursor } = match self.next.take() {
                Some(received) => received,
                None => self.items.recv().await?,
            };
            self.cursor = cursor;
            if item.is_some() {
                return item;
            }
        }
    }
}

/// The task of a stream.
struct AlertReader {
    client: SessionServiceClient<Channel>,
    options: CallOptions,
    /// The request with which the stream continues.
    request: StreamAlertsRequest,
    failures: u32,
    seen: LatestAlerts,
    sender: Sender<Received>,
}

impl AlertReader {
    async fn run(mut self) {
        loop {
            let Err(error) = self.read().await;
            if is_refusal(&error) {
                let cursor = self.request.resume_cursor;
                // It fails only if nobody waits for it.
                let _ = self.sender.send(Received { item: Some(Err(error)), cursor }).await;
                return;
            }
            self.failures = self.failures.saturating_add(1);
            sleep(backoff(self.failures, FIRST_PAUSE, MAX_PAUSE)).await;
        }
    }

    /// Opens the stream and reads it until it ends.
    async fn read(&mut self) -> Result<std::convert::Infallible, CallError> {
        let mut responses = self.open().await?;
        loop {
            let received = timeout(SILENCE_LIMIT, responses.message()).await;
            let received = received.map_err(|_| CallError::deadline_exceeded())?;
            let response = received.map_err(|status| CallError::from_status(&status))?;
            let response = response.ok_or_else(|| CallError::new(Code::Unavailable, "the stream ended"))?;
            self.failures = 0;
            let Some(event) = response.event else { continue };
            let received = self.accept(event);
            // It fails only once the stream is dropped, which ends this task.
            let _ = self.sender.send(received).await;
        }
    }

    async fn open(&mut self) -> Result<Streaming<StreamAlertsResponse>, CallError> {
        let opening = self.client.stream_alerts(self.options.request(self.request.clone()));
        let opened = timeout(self.options.deadline, opening).await.map_err(|_| CallError::deadline_exceeded())?;
        Ok(opened.map_err(|status| CallError::from_status(&status))?.into_inner())
    }

    /// Moves the cursor. Returns what the user receives; a repeat only moves the cursor.
    fn accept(&mut self, event: Event) -> Received {
        let (cursor, item) = match event {
            Event::Alert(alert) => {
                let is_new = self.seen.insert(&alert.alert_id);
                (alert.cursor.clone(), is_new.then(|| AlertItem::Alert(Box::new(alert))))
            }
            Event::Heartbeat(heartbeat) => (heartbeat.cursor, None),
            // The stream ends, and continues with the alerts that were missed.
            Event::Gap(gap) if gap.reason == "slow_consumer" => (gap.from_cursor.clone(), Some(AlertItem::Gap(gap))),
            Event::Gap(gap) => (gap.to_cursor.clone(), Some(AlertItem::Gap(gap))),
        };
        if !cursor.is_empty() {
            self.request.resume_cursor = cursor;
            self.request.from_start = false;
        }
        Received { item: item.map(Ok), cursor: self.request.resume_cursor.clone() }
    }
}

/// Returns whether another attempt would fail the same way.
fn is_refusal(error: &CallError) -> bool {
    matches!(error.code, Code::InvalidArgument | Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented)
}

/// The IDs of the latest alerts.
#[derive(Default)]
struct LatestAlerts {
    order: VecDeque<String>,
    ids: HashSet<String>,
}

impl LatestAlerts {
    /// Adds an ID. Returns whether it was not there.
    fn insert(&mut self, id: &str) -> bool {
        if id.is_empty() {
            return true;
        }
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED_ALERTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_among_the_latest_alerts_is_recognised() {
        let mut latest = LatestAlerts::default();
        assert!(latest.insert("first") && !latest.insert("first"));
        for number in 0..REMEMBERED_ALERTS {
            assert!(latest.insert(&number.to_string()));
        }
        assert!(latest.insert("first"), "it is bounded");
        assert_eq!(latest.ids.len(), REMEMBERED_ALERTS);
    }
}
