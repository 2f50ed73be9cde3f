//! `session-authority health`.

use std::{io, time::Duration};

use clap::Args;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    command_error::{CommandError, ExitStatus},
    option_values, runtime, terminal,
};

/// Maximum number of bytes of a response that are read. `/readyz` has a line for each readiness check.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// Check whether a server is ready (`/readyz`)
///
/// Exits with 0 if ready, 1 if not ready or unreachable; usable as the health check of a container without a shell.
#[derive(Args)]
pub struct HealthCommand {
    /// Management host and port of the server (`management.listen`)
    #[arg(long, value_name = "HOST:PORT", env = "SESSION_AUTHORITY_MANAGEMENT", default_value = "127.0.0.1:9090")]
    management: String,

    /// API key of role metrics or admin; a server whose port is open beyond loopback gives reasons only to these roles.
    /// Sent only to this machine, because the port has no TLS
    #[arg(long, value_name = "KEY", env = "SESSION_AUTHORITY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Timeout
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = option_values::parse_positive_duration_arg,
    )]
    timeout: Duration,
}

impl HealthCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let Self { management, api_key, timeout } = self;
        let api_key = api_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if api_key.is_some_and(|key| key.contains(|c: char| !c.is_ascii_graphic())) {
            return Err(CommandError::usage("the API key contains invalid characters"));
        }
        let unreachable =
            |why: &dyn std::fmt::Display| CommandError::failed(format!("cannot reach {management}: {why}"));
        let asking = async { tokio::time::timeout(timeout, fetch_readiness(&management, api_key)).await };
        let answer = runtime::block_on_current_thread(asking)?
            .map_err(|_| unreachable(&format!("timed out after {}", terminal::format_duration(timeout))))?
            .map_err(|error| unreachable(&error))?;
        match parse_response(&answer) {
            Some((200, checks)) => {
                terminal::print(&terminal::escape_lines(checks)).map_err(CommandError::failed)?;
                Ok(ExitStatus::Success)
            }
            Some((503, checks)) => {
                let heading = CommandError::failed(format!("{management} is not ready"));
                Err(checks.lines().fold(heading, CommandError::with_detail))
            }
            Some((status, _)) => Err(CommandError::failed(format!(
                "{management} returned HTTP {status}; is this the management address (`management.listen`)?"
            ))),
            None => Err(CommandError::failed(format!("{management} did not return HTTP; is this the gRPC port?"))),
        }
    }
}

/// Returns the whole response of `management`, in HTTP/1.0: its responses end with the connection and have no chunks.
async fn fetch_readiness(management: &str, api_key: Option<&str>) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(management).await?;
    // The port has no TLS, so the key must not leave this machine.
    let is_local = stream.peer_addr()?.ip().to_canonical().is_loopback();
    let credential = api_key.filter(|_| is_local).map(|key| format!("authorization: Bearer {key}\r\n"));
    let credential = credential.unwrap_or_default();
    let request = format!("GET /readyz HTTP/1.0\r\nhost: {management}\r\n{credential}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_RESPONSE_BYTES).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Returns the status and the body, or `None` if `answer` is not an HTTP/1 response.
fn parse_response(answer: &[u8]) -> Option<(u16, &str)> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some((status.parse().ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body() {
        assert_eq!(parse_response(b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nok\n"), Some((200, "ok\n")));
        assert_eq!(parse_response(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"), Some((503, "")));
        for answer in [&b"HTTP/1.0 200 OK\r\ncut"[..], b"\0\0\x12\x04\0\0\0\0\0", b""] {
            assert_eq!(parse_response(answer), None, "{answer:?}");
        }
    }
}
