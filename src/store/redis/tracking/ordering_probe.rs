//! Whether a server tells of a change before it answers what is asked after it.
//!
//! A cache rests on that order, and a server may answer from one thread and tell from another. So a new connection reads
//! a key, writes it, and reads it again without waiting in between: it is told of its own change, too, and must be so
//! before the last answer is there. Seen from the place where pushes arrive, nothing is left to chance: the answer either
//! has come by then or has not.

use std::task::{Context, Poll, Waker};

use futures_util::{
    FutureExt,
    future::{BoxFuture, poll_fn},
};
use redis::{RedisResult, Value, aio::MultiplexedConnection};
use tokio::task::unconstrained;

use super::super::keys::RedisKey;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How long the key stays, in milliseconds, as nobody removes it.
const KEY_TTL_MILLIS: u64 = 10_000;

/// Writes the key. A server without free memory refuses the command alone, and carries out a script that may exceed the
/// limit: a cache that was lost comes back on it as well.
const WRITE_SCRIPT: &str = "#!lua flags=allow-oom
redis.call('HSET', KEYS[1], 'n', ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])";

/// What is asked last, and what was heard before it was answered.
#[derive(Default)]
pub(super) struct OrderingProbe(Mutex<ProbeState>);

#[derive(Default)]
struct ProbeState {
    key: RedisKey,
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

/// When the change was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ProbeResult {
    #[default]
    Never,
    InOrder,
    Late,
}

impl OrderingProbe {
    /// Tries the server of `connection`, whose pushes come to [`record_invalidation`](Self::told), with a key of its own.
    pub(super) async fn run(&self, mut connection: MultiplexedConnection, key: RedisKey) -> RedisResult<ProbeResult> {
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

    /// Waits for the last answer; says what was told of `key` until then.
    async fn await_answer(&self, key: RedisKey, last: BoxFuture<'static, RedisResult<()>>) -> RedisResult<ProbeResult> {
        // What is asked holds the connection, and the connection this: given up, nothing would end either.
        let _reset_guard = ProbeResetGuard(self);
        // The runtime may not put off an answer that is there.
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

    /// A change of `key` is told at this moment.
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

/// Lets go of what was asked when it is dropped.
struct ProbeResetGuard<'a>(&'a OrderingProbe);

impl Drop for ProbeResetGuard<'_> {
    fn drop(&mut self) {
        let asked = std::mem::take(&mut *self.0.state());
        drop(asked);
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

    /// What a trial finds when `happen` is what happens at the connection.
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
            answer.send(()).expect("a trial");
        };
        assert_eq!(probe_result(in_order).await, ProbeResult::InOrder);
    }

    #[tokio::test]
    async fn a_change_that_is_announced_after_a_later_answer_is_noticed_even_if_nobody_has_looked_at_it() {
        let late = |probe: &OrderingProbe, answer: oneshot::Sender<()>| {
            answer.send(()).expect("a trial");
            probe.record_invalidation(b"key");
            probe.record_invalidation(b"key");
        };
        assert_eq!(probe_result(late).await, ProbeResult::Late);
    }

    #[tokio::test]
    async fn a_server_that_announces_nothing_is_noticed() {
        let silent = |probe: &OrderingProbe, answer: oneshot::Sender<()>| {
            probe.record_invalidation(b"another key");
            answer.send(()).expect("a trial");
        };
        assert_eq!(probe_result(silent).await, ProbeResult::Never);
    }
}
