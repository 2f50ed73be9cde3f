//! A probe: a check that a server sends invalidations before later responses.
//!
//! The cache depends on that order, and a server may send responses and invalidations from different threads. So a new
//! connection reads a key, writes it, and reads it again without waiting in between. It receives the invalidation of
//! its own change, too, and must receive it before the last response. The check is made where pushes arrive, so its
//! result does not depend on chance: at that moment, the response has arrived or it has not.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, poll_fn},
};
use redis::{RedisResult, Value, aio::MultiplexedConnection};
use tokio::task::unconstrained;

/// Lifetime of the key in milliseconds: nothing else removes it.
const KEY_TTL_MILLIS: u64 = 10_000;

/// Writes the key. A server without free memory refuses the command alone, and executes a script that may exceed the
/// limit. So a cache that was lost is rebuilt on such a server as well.
const WRITE_SCRIPT: &str = "#!lua flags=allow-oom
redis.call('HSET', KEYS[1], 'n', ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])";

/// The last command of the probe, and the invalidation received before its response.
#[derive(Default)]
pub(super) struct OrderingProbe(Mutex<ProbeState>);

#[derive(Default)]
struct ProbeState {
    key: Vec<u8>,
    final_command: FinalCommand,
    waker: Option<Waker>,
    result: ProbeResult,
}

#[derive(Default)]
enum FinalCommand {
    #[default]
    NotSent,
    InFlight(BoxFuture<'static, RedisResult<()>>),
    Completed(RedisResult<()>),
}

/// The time of the invalidation, compared with the last response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ProbeResult {
    #[default]
    Never,
    InOrder,
    Late,
}

impl OrderingProbe {
    /// Probes the server of `connection` with a key of its own. The pushes of `connection` must go to
    /// [`record_invalidation`](Self::record_invalidation).
    pub(super) async fn run(&self, mut connection: MultiplexedConnection, key: Vec<u8>) -> RedisResult<ProbeResult> {
        let mut first = redis::pipe();
        first.cmd("EVAL").arg(WRITE_SCRIPT).arg(1).arg(&key).arg(1).arg(KEY_TTL_MILLIS);
        first.cmd("HGET").arg(&key).arg("n");
        let _: Vec<Value> = first.query_async(&mut connection).await?;
        let mut second = redis::pipe();
        second.cmd("EVAL").arg(WRITE_SCRIPT).arg(1).arg(&key).arg(2).arg(KEY_TTL_MILLIS);
        second.cmd("HGET").arg(&key).arg("n");
        let last = async move { second.query_async::<Vec<Value>>(&mut connection).await.map(drop) };
        self.await_answer(key, last.boxed()).await
    }

    /// Waits for the last response. Returns the result for `key` at that moment.
    async fn await_answer(&self, key: Vec<u8>, last: BoxFuture<'static, RedisResult<()>>) -> RedisResult<ProbeResult> {
        // The command holds the connection, and the connection holds this probe. Without the reset, neither would end
        // if the caller is cancelled.
        let _reset_guard = ProbeResetGuard(self);
        // Unconstrained: the runtime must not delay a response that has arrived.
        *self.state() = ProbeState {
            key,
            final_command: FinalCommand::InFlight(unconstrained(last).boxed()),
            ..ProbeState::default()
        };
        let answered = poll_fn(|context| {
            let mut state = self.state();
            state.waker = Some(context.waker().clone());
            if state.is_answered() { Poll::Ready(()) } else { Poll::Pending }
        });
        answered.await;
        let mut state = self.state();
        match std::mem::take(&mut state.final_command) {
            FinalCommand::Completed(Err(error)) => Err(error),
            _ => Ok(state.result),
        }
    }

    /// Records that an invalidation of `key` has arrived.
    pub(super) fn record_invalidation(&self, key: &[u8]) {
        let mut state = self.state();
        if state.key == key && state.result == ProbeResult::Never {
            state.result = if state.is_answered() { ProbeResult::Late } else { ProbeResult::InOrder };
        }
    }

    fn state(&self) -> MutexGuard<'_, ProbeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the last command when it is dropped.
struct ProbeResetGuard<'a>(&'a OrderingProbe);

impl Drop for ProbeResetGuard<'_> {
    fn drop(&mut self) {
        let state = std::mem::take(&mut *self.0.state());
        drop(state);
    }
}

impl ProbeState {
    fn is_answered(&mut self) -> bool {
        if let (FinalCommand::InFlight(last), Some(waker)) = (&mut self.final_command, &self.waker)
            && let Poll::Ready(answer) = last.poll_unpin(&mut Context::from_waker(waker))
        {
            self.final_command = FinalCommand::Completed(answer);
        }
        matches!(self.final_command, FinalCommand::Completed(_))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;
    use tokio::sync::oneshot;

    use super::*;

    /// Returns the result of a probe while `happen` acts on the connection.
    async fn probe_result(happen: impl FnOnce(&OrderingProbe, oneshot::Sender<()>)) -> ProbeResult {
        let probe = OrderingProbe::default();
        let (answer, answered) = oneshot::channel();
        let last = answered.map(|_| Ok(())).boxed();
        let (result, ()) = join(probe.await_answer(b"key".to_vec(), last), async { happen(&probe, answer) }).await;
        result.expect("an answer")
    }

    #[tokio::test]
    async fn a_change_is_announced_before_a_later_answer() {
        let in_order = |probe: &OrderingProbe, answer: oneshot::Sender<()>| {
            probe.record_invalidation(b"key");
            answer.send(()).expect("a probe");
        };
        assert_eq!(probe_result(in_order).await, ProbeResult::InOrder);
    }

    #[tokio::test]
    async fn a_change_that_is_announced_after_a_later_answer_is_noticed_even_if_nobody_has_looked_at_it() {
        let late = |probe: &OrderingProbe, answer: oneshot::Sender<()>| {
            answer.send(()).expect("a probe");
            probe.record_invalidation(b"key");
            probe.record_invalidation(b"key");
        };
        assert_eq!(probe_result(late).await, ProbeResult::Late);
    }

    #[tokio::test]
    async fn a_server_that_announces_nothing_is_noticed() {
        let silent = |probe: &OrderingProbe, answer: oneshot::Sender<()>| {
            probe.record_invalidation(b"another key");
            answer.send(()).expect("a probe");
        };
        assert_eq!(probe_result(silent).await, ProbeResult::Never);
    }
}
