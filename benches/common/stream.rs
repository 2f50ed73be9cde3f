//! As many checks as a server answers over one `ValidateStream` of each connection: each check under way is followed by
//! the next one once it is answered. Those that were answered together are followed by as many that are sent together.

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
    closed::{Tally, Target, lanes},
    connection::{Connection, Receiving, broken, join, take_message},
};

/// Keeps `in_flight` checks under way on the one call of each connection for so long. Each check is tagged with its
/// place in the list, which is longer than what is under way.
pub async fn run(target: &Target, in_flight: usize, span: Duration) -> Tally {
    let number = target.connections.len();
    lanes(number, span, |lane, stop| stream(target.clone(), target.connections[lane].clone(), in_flight, stop)).await
}

async fn stream(target: Target, connection: Connection, in_flight: usize, stop: Arc<AtomicBool>) -> Tally {
    let is_waiting = vec![false; target.checks.len()];
    let mut lane = Lane { target, is_waiting, under_way: 0, tally: Tally::default() };
    if let Err(reason) = lane.run(connection, in_flight, &stop).await {
        lane.tally.count(Err(reason));
    }
    lane.tally
}

struct Lane {
    target: Target,
    /// For each check, whether its answer is due.
    is_waiting: Vec<bool>,
    /// How many are due.
    under_way: usize,
    tally: Tally,
}

impl Lane {
    /// To the end of the call, which must be in order, with nothing unanswered.
    async fn run(&mut self, mut connection: Connection, in_flight: usize, stop: &AtomicBool) -> Result<(), String> {
        let (mut sending, response) = connection.begin(&self.target.method).await?;
        sending.send_data(self.requests(in_flight), false).map_err(broken)?;
        let mut receiving = Receiving::of(response).await?;
        let mut received = Bytes::new();
        let mut is_sending = true;
        while let Some(part) = receiving.more().await? {
            received = join(received, part);
            let before = self.under_way;
            while let Some(message) = take_message(&mut received)? {
                let outcome = self.answered(message)?;
                self.tally.count(outcome);
            }
            let answered = before - self.under_way;
            if is_sending && answered > 0 {
                is_sending = !stop.load(Ordering::Relaxed);
                let more = if is_sending { self.requests(answered) } else { Bytes::new() };
                sending.send_data(more, !is_sending).map_err(broken)?;
            }
        }
        receiving.end().await?;
        if self.under_way == 0 { Ok(()) } else { Err(format!("{} checks were not answered", self.under_way)) }
    }

    /// The next checks, which are under way from here on.
    fn requests(&mut self, number: usize) -> Bytes {
        let mut requests = BytesMut::new();
        for _ in 0..number {
            let mut next = self.target.next();
            while self.is_waiting[next] {
                next = self.target.next();
            }
            self.is_waiting[next] = true;
            requests.extend_from_slice(&self.target.checks[next].body);
        }
        self.under_way += number;
        requests.freeze()
    }

    /// What came of one check. An answer that is to none ends the stream.
    fn answered(&mut self, mut message: Bytes) -> Result<Result<(), String>, String> {
        let whole = message.clone();
        let tag = take_tag(&mut message);
        let waiting = usize::try_from(tag).ok().and_then(|at| self.is_waiting.get_mut(at)).filter(|is| **is);
        *waiting.ok_or_else(|| format!("an answer to {tag}, which is not under way"))? = false;
        self.under_way -= 1;
        Ok(match take_response(&mut message) {
            Some(response) => self.target.checks[usize::try_from(tag).unwrap_or_default()].verify(&response),
            None => Err(format!("{:?}", ValidateStreamResponse::decode(whole))),
        })
    }
}

/// Field 1, which is left out where it is zero.
fn take_tag(message: &mut Bytes) -> u64 {
    const TAG: u8 = 0x08;
    if message.first() != Some(&TAG) {
        return 0;
    }
    message.advance(1);
    decode_varint(message).unwrap_or(u64::MAX)
}

/// Field 2, if the message ends with it.
fn take_response(message: &mut Bytes) -> Option<Bytes> {
    const RESPONSE: u8 = 0x12;
    if message.first() != Some(&RESPONSE) {
        return None;
    }
    message.advance(1);
    let length = decode_varint(message).ok()?;
    (usize::try_from(length) == Ok(message.len())).then(|| message.clone())
}
