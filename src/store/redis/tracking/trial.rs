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

use super::super::keys::Key;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How long the key stays, in milliseconds, as nobody removes it.
const KEPT: u64 = 10_000;

/// Writes the key. A server without free memory refuses the command alone, and carries out a script that may exceed the
/// limit: a cache that was lost comes back on it as well.
const WRITE: &str = "#!lua flags=allow-oom
redis.call('HSET', KEYS[1], 'n', ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])";

/// What is asked last, and what was heard before it was answered.
#[derive(Default)]
pub(super) struct Trial(Mutex<State>);

#[derive(Default)]
struct State {
    key: Key,
    last: Last,
    waker: Option<Waker>,
    heard: Heard,
}

#[derive(Default)]
enum Last {
    #[default]
    Unasked,
    Asked(BoxFuture<'static, RedisResult<()>>),
    Answered(RedisResult<()>),
}

/// When the change was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Heard {
    #[default]
    Never,
    InOrder,
    Late,
}

impl Trial {
    /// Tries the server of `connection`, whose pushes come to [`told`](Self::told), with a key of its own.
    pub(super) async fn run(&self, mut connection: MultiplexedConnection, key: Key) -> RedisResult<Heard> {
        let mut first = redis::pipe();
        first.cmd("EVAL").arg(WRITE).arg(1).arg(&key).arg(1).arg(KEPT);
        first.cmd("HGET").arg(&key).arg("n");
        let _: Vec<Value> = first.query_async(&mut connection).await?;
        let mut second = redis::pipe();
        second.cmd("EVAL").arg(WRITE).arg(1).arg(&key).arg(2).arg(KEPT);
        second.cmd("HGET").arg(&key).arg("n");
        let last = async move { second.query_async::<Vec<Value>>(&mut connection).await.map(drop) };
        self.ask(key, last.boxed()).await
    }

    /// Waits for the last answer; says what was told of `key` until then.
    async fn ask(&self, key: Key, last: BoxFuture<'static, RedisResult<()>>) -> RedisResult<Heard> {
        // What is asked holds the connection, and the connection this: given up, nothing would end either.
        let _given_up = Reset(self);
        // The runtime may not put off an answer that is there.
        *self.state() = State { key, last: Last::Asked(unconstrained(last).boxed()), ..State::default() };
        let answered = poll_fn(|context| {
            let mut state = self.state();
            state.waker = Some(context.waker().clone());
            if state.is_answered() { Poll::Ready(()) } else { Poll::Pending }
        });
        answered.await;
        let mut state = self.state();
        match std::mem::take(&mut state.last) {
            Last::Answered(Err(error)) => Err(error),
            _ => Ok(state.heard),
        }
    }

    /// A change of `key` is told at this moment.
    pub(super) fn told(&self, key: &[u8]) {
        let mut state = self.state();
        if state.key == key && state.heard == Heard::Never {
            state.heard = if state.is_answered() { Heard::Late } else { Heard::InOrder };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of what was asked when it is dropped.
struct Reset<'a>(&'a Trial);

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        let asked = std::mem::take(&mut *self.0.state());
        drop(asked);
    }
}

impl State {
    fn is_answered(&mut self) -> bool {
        if let (Last::Asked(last), Some(waker)) = (&mut self.last, &self.waker)
            && let Poll::Ready(answer) = last.poll_unpin(&mut Context::from_waker(waker))
        {
            self.last = Last::Answered(answer);
        }
        matches!(self.last, Last::Answered(_))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;
    use tokio::sync::oneshot;

    use super::*;

    /// What a trial finds when `happen` is what happens at the connection.
    async fn heard(happen: impl FnOnce(&Trial, oneshot::Sender<()>)) -> Heard {
        let trial = Trial::default();
        let (answer, answered) = oneshot::channel();
        let last = answered.map(|_| Ok(())).boxed();
        let (heard, ()) = join(trial.ask(b"key".to_vec(), last), async { happen(&trial, answer) }).await;
        heard.expect("an answer")
    }

    #[tokio::test]
    async fn a_change_is_told_before_a_later_answer() {
        let in_order = |trial: &Trial, answer: oneshot::Sender<()>| {
            trial.told(b"key");
            answer.send(()).expect("a trial");
        };
        assert_eq!(heard(in_order).await, Heard::InOrder);
    }

    #[tokio::test]
    async fn a_change_that_is_told_after_a_later_answer_is_noticed_even_if_nobody_has_looked_at_it() {
        let late = |trial: &Trial, answer: oneshot::Sender<()>| {
            answer.send(()).expect("a trial");
            trial.told(b"key");
            trial.told(b"key");
        };
        assert_eq!(heard(late).await, Heard::Late);
    }

    #[tokio::test]
    async fn a_server_that_tells_nothing_is_noticed() {
        let silent = |trial: &Trial, answer: oneshot::Sender<()>| {
            trial.told(b"another key");
            answer.send(()).expect("a trial");
        };
        assert_eq!(heard(silent).await, Heard::Never);
    }
}
