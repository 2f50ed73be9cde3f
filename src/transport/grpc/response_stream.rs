//! Response streams whose work runs in a task of its own.
//!
//! HTTP/2 stops polling a response body while its client does not read. Work inside the body would then stand still
//! wherever it is, with every database connection, lock and permit that it holds, and no time limit inside it would
//! fire. The work therefore runs in a task. The body takes finished messages from a channel and does nothing else.

use std::{
    future::pending,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
    vec,
};

use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::sleep,
};
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::Instrument;

use super::{rpc_error::RpcError, status};
use crate::domain::CallError;

/// The spawner of response streams, with the configuration that all streams of a server share.
#[derive(Clone, Debug)]
pub struct ResponseStreamSpawner {
    /// The longest time that a stream waits for its client to read. The stream then ends.
    pub stream_write_timeout: Duration,
    /// Ends every stream.
    pub stop: CancellationToken,
}

impl ResponseStreamSpawner {
    /// Starts `work` in a task and returns the stream of its messages. The task ends with `work`, or when the stream is
    /// dropped because the client has left.
    pub(super) fn spawn<T, W>(&self, work: impl FnOnce(ResponseSender<T>) -> W) -> ResponseStream<T>
    where
        T: Send + 'static,
        W: Future<Output = StreamEnd<T>> + Send + 'static,
    {
        let (sender, batches) = mpsc::channel(1);
        let mut task = JoinSet::new();
        task.spawn(work(ResponseSender { batches: sender, spawner: self.clone() }).in_current_span());
        ResponseStream { batches, batch: Vec::new().into_iter(), task, failure: None }
    }

    /// Returns the error of a stream that was interrupted, unless it is a stream of alerts.
    pub(super) fn interruption_error(&self, interruption: StreamInterruption) -> RpcError {
        match interruption {
            StreamInterruption::ClientStalled => RpcError::ResponsesUnread { limit: self.stream_write_timeout },
            StreamInterruption::ShuttingDown => RpcError::ShuttingDown,
        }
    }
}

/// The end of a stream's work.
pub(super) struct StreamEnd<T> {
    /// Messages before the status. They need no permit.
    pub(super) final_messages: Vec<T>,
    pub(super) status: Result<(), Status>,
}

/// A reason for which a stream must end while it waits for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamInterruption {
    /// The client has read nothing for [`ResponseStreamSpawner::stream_write_timeout`].
    ClientStalled,
    ShuttingDown,
}

/// The sending side of a stream, for its work.
pub(super) struct ResponseSender<T> {
    batches: mpsc::Sender<Vec<T>>,
    spawner: ResponseStreamSpawner,
}

/// A permit to send one batch of messages.
pub(super) struct ResponsePermit<'a, T>(mpsc::Permit<'a, Vec<T>>);

impl<T> ResponseSender<T> {
    /// Waits until the client has taken the previous batch. Hold nothing that others need during this wait.
    pub(super) async fn reserve(&self) -> Result<ResponsePermit<'_, T>, StreamInterruption> {
        // No timer is needed without a wait.
        if let Ok(permit) = self.batches.try_reserve() {
            return Ok(ResponsePermit(permit));
        }
        tokio::select! {
            biased;
            permit = self.batches.reserve() => match permit {
                Ok(permit) => Ok(ResponsePermit(permit)),
                // The stream was dropped, and this task with it.
                Err(_) => pending().await,
            },
            () = self.spawner.stop.cancelled() => Err(StreamInterruption::ShuttingDown),
            () = sleep(self.spawner.stream_write_timeout) => Err(StreamInterruption::ClientStalled),
        }
    }
}

impl<T> ResponsePermit<'_, T> {
    pub(super) fn send(self, message: T) {
        self.send_all(vec![message]);
    }

    /// Sends several messages at the cost of one.
    pub(super) fn send_all(self, batch: Vec<T>) {
        self.0.send(batch);
    }
}

/// The messages of a stream, followed by its status.
pub struct ResponseStream<T> {
    batches: mpsc::Receiver<Vec<T>>,
    batch: vec::IntoIter<T>,
    /// The work, which is aborted when the stream is dropped.
    task: JoinSet<StreamEnd<T>>,
    failure: Option<Status>,
}

impl<T: Send + Unpin + 'static> Stream for ResponseStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(message) = self.batch.next() {
                return Poll::Ready(Some(Ok(message)));
            }
            if let Some(batch) = ready!(self.batches.poll_recv(context)) {
                self.batch = batch.into_iter();
                continue;
            }
            match ready!(self.task.poll_join_next(context)) {
                Some(Ok(StreamEnd { final_messages: last, status })) => {
                    self.batch = last.into_iter();
                    self.failure = status.err();
                }
                Some(Err(error)) => self.failure = Some(join_error_status(&error)),
                None => return Poll::Ready(self.failure.take().map(Err)),
            }
        }
    }
}

/// Returns the status of a stream whose work panicked, or whose runtime is shutting down.
fn join_error_status(error: &JoinError) -> Status {
    if error.is_panic() {
        status::log_and_convert(CallError::Internal("the work of a response stream panicked".into()))
    } else {
        status::log_and_convert(RpcError::ShuttingDown)
    }
}

#[cfg(test)]
mod tests;
