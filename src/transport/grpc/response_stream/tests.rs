use std::sync::Arc;

use futures_util::{StreamExt, poll};
use tokio::{
    sync::{Mutex, oneshot},
    task::yield_now,
    time::timeout,
};
use tonic::Code;

use super::*;

/// A time far longer than any step of these tests.
const TEST_TIMEOUT: Duration = Duration::from_mins(1);

fn spawner(stream_write_timeout: Duration) -> ResponseStreamSpawner {
    ResponseStreamSpawner { stream_write_timeout, stop: CancellationToken::new() }
}

fn stream_end(interruption: StreamInterruption) -> StreamEnd<u32> {
    let status = match interruption {
        StreamInterruption::ClientStalled => Status::resource_exhausted("unread"),
        StreamInterruption::ShuttingDown => Status::unavailable("shutting down"),
    };
    StreamEnd { final_messages: vec![u32::MAX], status: Err(status) }
}

/// Sends ascending numbers without end, each of them under the lock.
async fn count(lock: Arc<Mutex<()>>, responses: ResponseSender<u32>) -> StreamEnd<u32> {
    for number in 0.. {
        let permit = match responses.reserve().await {
            Ok(room) => room,
            Err(interruption) => return stream_end(interruption),
        };
        let held = lock.lock().await;
        yield_now().await;
        drop(held);
        permit.send(number);
    }
    unreachable!("the numbers do not end")
}

async fn next(stream: &mut ResponseStream<u32>) -> Option<Result<u32, Code>> {
    let next = timeout(TEST_TIMEOUT, stream.next()).await.expect("a message in time");
    next.map(|message| message.map_err(|status| status.code()))
}

#[tokio::test]
async fn nothing_is_held_while_nobody_reads() {
    let lock = Arc::new(Mutex::new(()));
    let mut stream = spawner(TEST_TIMEOUT).spawn(|responses| count(Arc::clone(&lock), responses));
    assert_eq!(next(&mut stream).await, Some(Ok(0)));
    for _ in 0..100 {
        drop(timeout(TEST_TIMEOUT, lock.lock()).await.expect("the lock is free"));
        yield_now().await;
    }
    assert_eq!(next(&mut stream).await, Some(Ok(1)), "the work continues when the client reads");
}

/// The counterpart: the same work inside the response body.
#[tokio::test]
async fn work_inside_the_body_keeps_what_it_holds_while_nobody_reads() {
    let lock = Arc::new(Mutex::new(()));
    let (sender, _batches) = mpsc::channel(1);
    let responses = ResponseSender { batches: sender, spawner: spawner(TEST_TIMEOUT) };
    let mut body = Box::pin(count(Arc::clone(&lock), responses));
    assert!(poll!(body.as_mut()).is_pending());
    for _ in 0..100 {
        yield_now().await;
        assert!(lock.try_lock().is_err(), "nobody polls the body, so nobody unlocks");
    }
}

#[tokio::test]
async fn a_stream_that_nobody_reads_is_cut_and_says_so_behind_what_was_queued() {
    let (ended, cut) = oneshot::channel();
    let mut stream = spawner(Duration::from_millis(1)).spawn(|responses| async move {
        let end = count(Arc::default(), responses).await;
        ended.send(()).expect("the test waits");
        end
    });
    timeout(TEST_TIMEOUT, cut).await.expect("an end in time").expect("the stream ended");
    let mut received = Vec::new();
    while let Some(message) = next(&mut stream).await {
        received.push(message);
    }
    assert_eq!(received, [Ok(0), Ok(u32::MAX), Err(Code::ResourceExhausted)]);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_stream_that_waits_for_its_reader_ends_at_shutdown() {
    let streams = spawner(TEST_TIMEOUT);
    let mut stream = streams.spawn(|responses| count(Arc::default(), responses));
    assert_eq!(next(&mut stream).await, Some(Ok(0)));
    while stream.batches.is_empty() {
        yield_now().await;
    }
    streams.stop.cancel();
    // The task must run before the reader makes room.
    while !stream.batches.is_closed() && stream.batches.sender_strong_count() > 0 {
        yield_now().await;
    }
    let rest = [next(&mut stream).await, next(&mut stream).await, next(&mut stream).await];
    assert_eq!(rest, [Some(Ok(1)), Some(Ok(u32::MAX)), Some(Err(Code::Unavailable))]);
}

#[tokio::test]
async fn the_work_ends_when_its_client_leaves() {
    let (held, dropped) = oneshot::channel::<()>();
    let stream = spawner(TEST_TIMEOUT).spawn::<u32, _>(|_responses| async move {
        let _held = held;
        pending().await
    });
    yield_now().await;
    drop(stream);
    timeout(TEST_TIMEOUT, dropped).await.expect("an end in time").expect_err("the work was dropped");
}

#[tokio::test]
async fn work_that_panics_ends_its_stream_as_an_internal_error() {
    let mut stream = spawner(TEST_TIMEOUT).spawn::<u32, _>(|_responses| async { panic!("for the test") });
    assert_eq!(next(&mut stream).await, Some(Err(Code::Internal)));
    assert_eq!(next(&mut stream).await, None);
}
