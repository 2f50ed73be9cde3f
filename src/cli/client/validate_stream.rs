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
        command_error::{CommandError, ExitStatus},
        json::{self, MessageJson},
        runtime, terminal,
    },
};

use super::{ConnectedCommand, status_error, token_argument::MAX_LINE_BYTES, validate::ValidateCommand};

/// Maximum number of requests in flight. A server with too many of them stops reading, and treats the requests that
/// pile up as an attack.
const MAX_IN_FLIGHT: usize = 100;

impl ConnectedCommand<ValidateCommand> {
    /// Validates one token, or with `--stream` one token per line.
    pub fn run_or_stream(self) -> Result<ExitStatus, CommandError> {
        if self.command.stream { runtime::block_on_current_thread(self.stream())? } else { self.run() }
    }

    /// Validates the lines of standard input. Ends when every line has its response, when standard output is closed, or
    /// when the stream fails.
    async fn stream(&self) -> Result<ExitStatus, CommandError> {
        let server = self.connection.connect().await?;
        let (lines, read) = mpsc::channel(1);
        let reading = spawn_blocking(move || read_lines(io::stdin().lock(), &lines));
        let permits = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
        let requests = requests(read, Arc::clone(&permits), self.command.request_for(String::new()));
        let mut sessions = server.sessions();
        let mut answers = server.with_timeout(sessions.validate_stream(requests)).await?.into_inner();
        let refused = |status| {
            status_error::status_error(&status, &server.target)
                .with_detail("retry the lines whose number has no response")
        };
        let mut exit = ExitStatus::Success;
        while let Some(answer) = answers.message().await.map_err(refused)? {
            permits.add_permits(1);
            if !is_accepted(&answer) {
                exit = ExitStatus::Failure;
            }
            let line = json::to_line(&MessageJson(&answer)).map_err(CommandError::failed)?;
            if !terminal::print_unless_closed(&line).map_err(CommandError::failed)? {
                return Ok(exit);
            }
        }
        reading.await.map_err(CommandError::failed)??;
        Ok(exit)
    }
}

fn is_accepted(answer: &api::ValidateStreamResponse) -> bool {
    matches!(&answer.result, Some(Answered::Response(api::ValidateResponse { outcome: Some(Outcome::Session(_)), .. })))
}

/// Returns the requests, one per line, each as soon as there is a permit. Lines are counted from 1.
fn requests(
    lines: mpsc::Receiver<String>,
    permits: Arc<Semaphore>,
    template: api::ValidateRequest,
) -> impl Stream<Item = api::ValidateStreamRequest> + Send {
    unfold((lines, 1), move |(mut lines, tag)| {
        let (room, like) = (Arc::clone(&permits), template.clone());
        async move {
            room.acquire().await.ok()?.forget();
            let token = lines.recv().await?;
            let request = api::ValidateStreamRequest { tag, request: Some(api::ValidateRequest { token, ..like }) };
            Some((request, (lines, tag + 1)))
        }
    })
}

/// Sends the lines of `input`, without surrounding white space, until the receiver is dropped.
fn read_lines(mut input: impl BufRead, lines: &mpsc::Sender<String>) -> Result<(), CommandError> {
    for number in 1_u64.. {
        let mut line = Vec::new();
        let unread = |error| CommandError::failed(format!("failed to read line {number}: {error}"));
        input.by_ref().take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line).map_err(unread)?;
        if line.is_empty() {
            break;
        }
        if line.len() == MAX_LINE_BYTES && !line.ends_with(b"\n") {
            return Err(CommandError::usage(format!(
                "line {number} is too long for a token; expected one token per line"
            )));
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

    fn read(input: &[u8]) -> (Vec<String>, Result<(), CommandError>) {
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
        let long = [b"sa_a\n", [b'x'; MAX_LINE_BYTES].as_slice()].concat();
        let (lines, ended) = read(&long);
        let failure = ended.expect_err("too long").to_string();
        assert_eq!(lines, ["sa_a"]);
        assert!(failure.starts_with("line 2 is too long for a token") && !failure.contains("xx"), "{failure}");
        assert_eq!(read(&long[..long.len() - 1]).1, Ok(()));
    }
}
