//! A call: its deadline, its attempts and its credentials.

use std::time::Duration;

use rand::RngExt as _;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Code, Request, Response, Status, metadata::AsciiMetadataValue};

use crate::error::CallError;

const MAX_ATTEMPTS: u32 = 3;
/// The pause before the second attempt, before jitter. It doubles with each further attempt, up to the maximum.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_millis(200);
/// No attempt is started that has less time.
const MIN_TIME_OF_ATTEMPT: Duration = Duration::from_millis(10);

/// The repetition of a call that failed as UNAVAILABLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Safe,
    Never,
}

/// The deadlines of calls, by kind.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    pub validate: Duration,
    pub call: Duration,
    pub admin: Duration,
}

/// The credentials and the deadline of a call.
#[derive(Clone)]
pub struct CallOptions {
    pub authorization: Option<AsciiMetadataValue>,
    pub deadline: Duration,
}

impl CallOptions {
    /// Returns a request with the credentials.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }

    /// Sends `message`, and sends it again if it fails as UNAVAILABLE and `repeat` allows it. All attempts share the
    /// deadline.
    pub async fn send<Q, R, F>(
        &self,
        repeat: Repeat,
        message: Q,
        send: impl Fn(Request<Q>) -> F,
    ) -> Result<R, CallError>
    where
        Q: Clone,
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let deadline = Instant::now() + self.deadline;
        let mut attempt = 1;
        loop {
            let mut request = self.request(message.clone());
            request.set_timeout(deadline.saturating_duration_since(Instant::now()));
            let error = match timeout_at(deadline, send(request)).await {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) => CallError::from_status(&status),
                Err(_) => CallError::deadline_exceeded(),
            };
            if repeat == Repeat::Never || !wait_to_repeat(attempt, &error, deadline).await {
                return Err(error);
            }
            attempt += 1;
        }
    }
}

/// Waits before another attempt, after attempt number `attempt` failed. Returns false at once if there is to be none.
pub async fn wait_to_repeat(attempt: u32, error: &CallError, deadline: Instant) -> bool {
    let pause = backoff(attempt, FIRST_PAUSE, MAX_PAUSE);
    let is_last = attempt == MAX_ATTEMPTS || Instant::now() + pause + MIN_TIME_OF_ATTEMPT >= deadline;
    if error.code != Code::Unavailable || is_last {
        return false;
    }
    sleep(pause).await;
    true
}

/// Returns the pause after the failure of an attempt, counted from 1: `first` doubled with each attempt up to `max`,
/// and of that a random part between a half and the whole.
pub fn backoff(attempt: u32, first: Duration, max: Duration) -> Duration {
    let pause = first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(max);
    pause.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// Returns a random identifier for a request.
pub fn random_id() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const OPTIONS: CallOptions = CallOptions { authorization: None, deadline: Duration::from_secs(1) };

    async fn attempts(options: &CallOptions, repeat: Repeat, status: Status) -> (u32, Code) {
        let attempts = AtomicU32::new(0);
        let sent = options.send(repeat, (), |_| {
            attempts.fetch_add(1, Ordering::Relaxed);
            let status = status.clone();
            async { Err::<Response<()>, _>(status) }
        });
        let error = sent.await.expect_err("every attempt fails");
        (attempts.into_inner(), error.code)
    }

    #[tokio::test(start_paused = true)]
    async fn only_unavailable_calls_are_repeated_and_only_if_safe() {
        let unavailable = Status::unavailable("away");
        assert_eq!(attempts(&OPTIONS, Repeat::Safe, unavailable.clone()).await, (3, Code::Unavailable));
        assert_eq!(attempts(&OPTIONS, Repeat::Never, unavailable).await, (1, Code::Unavailable));
        for status in [Status::resource_exhausted("full"), Status::internal("defect"), Status::aborted("revision")] {
            let code = status.code();
            assert_eq!(attempts(&OPTIONS, Repeat::Safe, status).await, (1, code));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_attempts_share_the_deadline() {
        let begun = Instant::now();
        let options = CallOptions { deadline: Duration::from_millis(60), ..OPTIONS };
        let (attempts, _) = attempts(&options, Repeat::Safe, Status::unavailable("away")).await;
        assert!(attempts < 3 && begun.elapsed() < options.deadline, "{attempts} attempts in {:?}", begun.elapsed());
        let never = options.send(Repeat::Safe, (), |_| std::future::pending::<Result<Response<()>, Status>>());
        assert_eq!(never.await.expect_err("no response").code, Code::DeadlineExceeded);
        assert!(begun.elapsed() <= options.deadline * 2);
    }
}
