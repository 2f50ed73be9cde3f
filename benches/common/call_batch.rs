//! A list of calls, each made once.

use std::{sync::Arc, time::Duration};

use prost::bytes::Bytes;
use session_authority::clock::Stopwatch;
use tokio::task::JoinSet;

use super::connection::{GrpcConnection, GrpcMethod};

/// Makes the calls, with `in_flight` of them in flight on each connection. Returns the responses in order and the time
/// that all took. Panics if a call fails: the bench has nothing to measure then.
pub async fn run(
    method: &GrpcMethod,
    connections: &[GrpcConnection],
    in_flight: usize,
    bodies: Vec<Bytes>,
) -> (Vec<Bytes>, Duration) {
    let lanes = connections.len() * in_flight;
    let bodies: Arc<[Bytes]> = bodies.into();
    let watch = Stopwatch::start();
    let mut under_way = JoinSet::new();
    for lane in 0..lanes {
        let (mut connection, method, bodies) =
            (connections[lane % connections.len()].clone(), method.clone(), Arc::clone(&bodies));
        under_way.spawn(async move {
            let mut answers = Vec::new();
            for number in (lane..bodies.len()).step_by(lanes) {
                let answer = connection.call(&method, bodies[number].clone()).await;
                answers.push((number, answer.expect("a response")));
            }
            answers
        });
    }
    let mut answers: Vec<_> = under_way.join_all().await.into_iter().flatten().collect();
    let took = watch.elapsed();
    answers.sort_unstable_by_key(|(number, _)| *number);
    (answers.into_iter().map(|(_, answer)| answer).collect(), took)
}
