use std::sync::Arc;

use futures_util::{StreamExt, poll};
use tokio::{
    sync::{Mutex, oneshot},
    task::yield_now,
    time::timeout,
};
use tonic::Code;

use super::*;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

fn streams(unread_timeout: Duration) -> ResponseStreams {
    ResponseStreams { unread_timeout, stop: CancellationToken::new() }
}

fn end(interruption: Interruption) -> StreamEnd<u32> {
    let status = match interruption {
        Interruption::Unread => Status::resource_exhausted("unread"),
        Interruption::ShuttingDown => Status::unavailable("shutting down"),
    };
    StreamEnd { last: vec![u32::MAX], status: Err(status) }
}

/// Counts on and on, each number under the lock.
async fn count(lock: Arc<Mutex<()>>, responses: ResponseSender<u32>) -> StreamEnd<u32> {
    for number in 0.. {
        let room = match responses.reserve().await {
            Ok(room) => room,
            Err(interruption) => return end(interruption),
        };
        let held = lock.lock().await;
        yield_now().await;
        drop(held);
        room.send(number);
    }
    unreachable!("it counts on and on")
}

async fn next(stream: &mut ResponseStream<u32>) -> Option<Result<u32, Code>> {
    let next = timeout(PATIENCE, stream.next()).await.expect("a message in time");
    next.map(|message| message.map_err(|status| status.code()))
}

#[tokio::test]
async fn nothing_is_held_while_nobody_reads() {
    let lock = Arc::new(Mutex::new(()));
    let mut stream = streams(PATIENCE).spawn(|responses| count(Arc::clone(&lock), responses));
    assert_eq!(next(&mut stream).await, Some(Ok(0)));
    for _ in 0..100 {
        drop(timeout(PATIENCE, lock.lock()).await.expect("the lock is free"));
        yield_now().await;
    }
    assert_eq!(next(&mut stream).await, Some(Ok(1)), "and the work goes on when somebody reads");
}

/// The counterpart: the same work inside the body.
#[tokio::test]
async fn work_inside_the_body_keeps_what_it_holds_while_nobody_reads() {
    let lock = Arc::new(Mutex::new(()));
    let (sender, _batches) = mpsc::channel(1);
    let responses = ResponseSender { batches: sender, limits: streams(PATIENCE) };
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
    let mut stream = streams(Duration::from_millis(1)).spawn(|responses| async move {
        let end = count(Arc::default(), responses).await;
        ended.send(()).expect("the test waits");
        end
    });
    timeout(PATIENCE, cut).await.expect("an end in time").expect("it was cut");
    let mut had = Vec::new();
    while let Some(message) = next(&mut stream).await {
        had.push(message);
    }
    assert_eq!(had, [Ok(0), Ok(u32::MAX), Err(Code::ResourceExhausted)]);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_stream_that_waits_for_its_reader_ends_at_shutdown() {
    let streams = streams(PATIENCE);
    let mut stream = streams.spawn(|responses| count(Arc::default(), responses));
    assert_eq!(next(&mut stream).await, Some(Ok(0)));
    while stream.batches.is_empty() {
        yield_now().await;
    }
    streams.stop.cancel();
    // The task has to be given its turn before the reader makes room.
    while !stream.batches.is_closed() && stream.batches.sender_strong_count() > 0 {
        yield_now().await;
    }
    let rest = [next(&mut stream).await, next(&mut stream).await, next(&mut stream).await];
    assert_eq!(rest, [Some(Ok(1)), Some(Ok(u32::MAX)), Some(Err(Code::Unavailable))]);
}

#[tokio::test]
async fn the_work_ends_when_its_client_leaves() {
    let (held, dropped) = oneshot::channel::<()>();
    let stream = streams(PATIENCE).spawn::<u32, _>(|_responses| async move {
        let _held = held;
        pending().await
    });
    yield_now().await;
    drop(stream);
    timeout(PATIENCE, dropped).await.expect("an end in time").expect_err("the work was dropped");
}

#[tokio::test]
async fn work_that_panics_ends_its_stream_as_an_internal_error() {
    let mut stream = streams(PATIENCE).spawn::<u32, _>(|_responses| async { panic!("for the test") });
    assert_eq!(next(&mut stream).await, Some(Err(Code::Internal)));
    assert_eq!(next(&mut stream).await, None);
}
