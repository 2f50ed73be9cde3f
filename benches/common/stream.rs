//! Full load over one `ValidateStream` per connection: a response is followed by the next check. Responses that arrive
//! together are followed by as many checks that are sent together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prost::{
    Message,
    bytes::{Buf, Bytes, BytesMut},
    encoding::decode_varint,
};
use session_authority::api::ValidateStreamResponse;

use super::{
    closed_loop::{CallTally, LoadTarget, run_workers},
    connection::{GrpcConnection, ResponseReader, concat_chunks, connection_error, take_message},
};

/// Keeps `in_flight` checks in flight on the one call of each connection for `span`. Each check is tagged with its
/// index in the list, which is longer than `in_flight`.
pub async fn run(target: &LoadTarget, in_flight: usize, span: Duration) -> CallTally {
    let number = target.connections.len();
    run_workers(number, span, |lane, stop| {
        run_worker(target.clone(), target.connections[lane].clone(), in_flight, stop)
    })
    .await
}

async fn run_worker(
    target: LoadTarget,
    connection: GrpcConnection,
    in_flight: usize,
    stop: Arc<AtomicBool>,
) -> CallTally {
    let is_waiting = vec![false; target.checks.len()];
    let mut lane = StreamWorker { target, is_waiting, in_flight: 0, tally: CallTally::default() };
    if let Err(reason) = lane.run(connection, in_flight, &stop).await {
        lane.tally.record(Err(reason));
    }
    lane.tally
}

struct StreamWorker {
    target: LoadTarget,
    /// Flags, for each check, whether it is in flight.
    is_waiting: Vec<bool>,
    /// Number of checks in flight.
    in_flight: usize,
    tally: CallTally,
}

impl StreamWorker {
    /// Runs the call to its end, which must be successful, with a response to every check.
    async fn run(&mut self, mut connection: GrpcConnection, in_flight: usize, stop: &AtomicBool) -> Result<(), String> {
        let (mut sending, response) = connection.begin(&self.target.method).await?;
        sending.send_data(self.next_requests(in_flight), false).map_err(connection_error)?;
        let mut receiving = ResponseReader::from_response(response).await?;
        let mut received = Bytes::new();
        let mut is_sending = true;
        while let Some(part) = receiving.next_chunk().await? {
            received = concat_chunks(received, part);
            let before = self.in_flight;
            while let Some(message) = take_message(&mut received)? {
                let outcome = self.handle_answer(message)?;
                self.tally.record(outcome);
            }
            let answered = before - self.in_flight;
            if is_sending && answered > 0 {
                is_sending = !stop.load(Ordering::Relaxed);
                let more = if is_sending { self.next_requests(answered) } else { Bytes::new() };
                sending.send_data(more, !is_sending).map_err(connection_error)?;
            }
        }
        receiving.finish().await?;
        if self.in_flight == 0 { Ok(()) } else { Err(format!("{} checks without a response", self.in_flight)) }
    }

    /// Returns the next checks, which count as in flight from then on.
    fn next_requests(&mut self, number: usize) -> Bytes {
        let mut requests = BytesMut::new();
        for _ in 0..number {
            let mut next = self.target.next_check_index();
            while self.is_waiting[next] {
                next = self.target.next_check_index();
            }
            self.is_waiting[next] = true;
            requests.extend_from_slice(&self.target.checks[next].body);
        }
        self.in_flight += number;
        requests.freeze()
    }

    /// Returns the outcome of one check. A response to a check that is not in flight ends the stream.
    fn handle_answer(&mut self, mut message: Bytes) -> Result<Result<(), String>, String> {
        let whole = message.clone();
        let tag = take_tag(&mut message);
        let waiting = usize::try_from(tag).ok().and_then(|at| self.is_waiting.get_mut(at)).filter(|is| **is);
        *waiting.ok_or_else(|| format!("response for unknown tag {tag}"))? = false;
        self.in_flight -= 1;
        Ok(match take_response(&mut message) {
            Some(response) => self.target.checks[usize::try_from(tag).unwrap_or_default()].verify(&response),
            None => Err(format!("{:?}", ValidateStreamResponse::decode(whole))),
        })
    }
}

/// Takes field 1, which is omitted if it is zero.
fn take_tag(message: &mut Bytes) -> u64 {
    const TAG: u8 = 0x08;
    if message.first() != Some(&TAG) {
        return 0;
    }
    message.advance(1);
    decode_varint(message).unwrap_or(u64::MAX)
}

/// Takes field 2, if it ends the message.
fn take_response(message: &mut Bytes) -> Option<Bytes> {
    const RESPONSE: u8 = 0x12;
    if message.first() != Some(&RESPONSE) {
        return None;
    }
    message.advance(1);
    let length = decode_varint(message).ok()?;
    (usize::try_from(length) == Ok(message.len())).then(|| message.clone())
}
