//! `session-authority validate --stream`: many tokens over one call.

use std::{
    io::{self, BufRead, Read},
    sync::Arc,
};

use futures_util::stream::unfold;
use tokio::{
    sync::{Semaphore, mpsc},
    task::spawn_blocking,
};
use tokio_stream::Stream;

use crate::{
    api::{self, validate_response::Outcome, validate_stream_response::Result as Answered},
    cli::{
        failure::{Exit, Failure},
        json, runtime, terminal,
    },
};

use super::{Connected, refusal, token::LONGEST_LINE, validate::Validate};

/// Requests without an answer. A server that has too many reads no more, and takes what piles up for an attack.
const UNANSWERED: usize = 100;

impl Connected<Validate> {
    /// One token, or one a line.
    pub fn run_or_stream(self) -> Result<Exit, Failure> {
        if self.command.stream { runtime::call(self.stream())? } else { self.run() }
    }

    /// Ends when all is answered, when nobody reads its output any more, and when the stream fails.
    async fn stream(&self) -> Result<Exit, Failure> {
        let server = self.connection.open().await?;
        let (lines, read) = mpsc::channel(1);
        let reading = spawn_blocking(move || read_lines(io::stdin().lock(), &lines));
        let room = Arc::new(Semaphore::new(UNANSWERED));
        let requests = requests(read, Arc::clone(&room), self.command.request_for(String::new()));
        let mut sessions = server.sessions();
        let mut answers = server.answered(sessions.validate_stream(requests)).await?.into_inner();
        let refused = |status| {
            refusal::failure(&status, &server.destination).and("check again the lines whose number no answer has")
        };
        let mut exit = Exit::Done;
        while let Some(answer) = answers.message().await.map_err(refused)? {
            room.add_permits(1);
            if !is_accepted(&answer) {
                exit = Exit::Failed;
            }
            let line = json::line(&json::Checked::from(&answer)).map_err(Failure::failed)?;
            if !terminal::print_to_reader(&line).map_err(Failure::failed)? {
                return Ok(exit);
            }
        }
        reading.await.map_err(Failure::failed)??;
        Ok(exit)
    }
}

fn is_accepted(answer: &api::ValidateStreamResponse) -> bool {
    matches!(&answer.result, Some(Answered::Response(api::ValidateResponse { outcome: Some(Outcome::Session(_)), .. })))
}

/// One a line, as there is room. Lines are counted from 1.
fn requests(
    lines: mpsc::Receiver<String>,
    room: Arc<Semaphore>,
    like: api::ValidateRequest,
) -> impl Stream<Item = api::ValidateStreamRequest> + Send {
    unfold((lines, 1), move |(mut lines, tag)| {
        let (room, like) = (Arc::clone(&room), like.clone());
        async move {
            room.acquire().await.ok()?.forget();
            let token = lines.recv().await?;
            let request = api::ValidateStreamRequest { tag, request: Some(api::ValidateRequest { token, ..like }) };
            Some((request, (lines, tag + 1)))
        }
    })
}

/// Hands over one line after the other, without what surrounds it, until nobody takes them.
fn read_lines(mut input: impl BufRead, lines: &mpsc::Sender<String>) -> Result<(), Failure> {
    for number in 1_u64.. {
        let mut line = Vec::new();
        let unread = |error| Failure::failed(format!("line {number} could not be read: {error}"));
        input.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line).map_err(unread)?;
        if line.is_empty() {
            break;
        }
        if line.len() == LONGEST_LINE && !line.ends_with(b"\n") {
            return Err(Failure::usage(format!("line {number} is longer than any token; it takes one token a line")));
        }
        if lines.blocking_send(String::from_utf8_lossy(line.trim_ascii()).into_owned()).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> (Vec<String>, Result<(), Failure>) {
        let (lines, mut read) = mpsc::channel(10);
        let ended = read_lines(input, &lines);
        drop(lines);
        (std::iter::from_fn(|| read.blocking_recv()).collect(), ended)
    }

    #[test]
    fn every_line_is_a_token_and_none_is_left_out() {
        assert_eq!(
            read(b" sa_a\r\n\n\xff\nsa_b"),
            (["sa_a", "", "\u{fffd}", "sa_b"].map(str::to_owned).into(), Ok(()))
        );
        assert_eq!(read(b""), (vec![], Ok(())));
    }

    #[test]
    fn what_has_no_lines_is_not_read_into_memory() {
        let long = [b"sa_a\n", [b'x'; LONGEST_LINE].as_slice()].concat();
        let (lines, ended) = read(&long);
        let failure = ended.expect_err("too long").to_string();
        assert_eq!(lines, ["sa_a"]);
        assert!(failure.starts_with("line 2 is longer than any token") && !failure.contains("xx"), "{failure}");
        assert_eq!(read(&long[..long.len() - 1]).1, Ok(()));
    }
}
