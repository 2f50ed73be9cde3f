//! Tokens on the command line.

use std::{
    convert::Infallible,
    io::{self, BufRead},
    str::FromStr,
};

use crate::cli::command_error::CommandError;

/// Maximum number of bytes that are read of a line: much more than a token has.
pub const MAX_LINE_BYTES: usize = 8 << 10;

/// A token, or `-` for the first line of standard input, which keeps it out of shell histories and process lists.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenArgument {
    Given(String),
    StandardInput,
}

impl FromStr for TokenArgument {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::StandardInput } else { Self::Given(text.to_owned()) })
    }
}

impl TokenArgument {
    /// Returns the token. An empty line is a usage error.
    pub fn read(&self) -> Result<String, CommandError> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::StandardInput => read_line(io::stdin().lock()),
        }
    }
}

fn read_line(input: impl BufRead) -> Result<String, CommandError> {
    let mut line = Vec::new();
    let unread = |error| CommandError::failed(format!("failed to read the token: {error}"));
    input.take(MAX_LINE_BYTES as u64).read_until(b'\n', &mut line).map_err(unread)?;
    if line.len() == MAX_LINE_BYTES && !line.ends_with(b"\n") {
        return Err(CommandError::usage("the first line of standard input is too long for a token"));
    }
    match String::from_utf8_lossy(line.trim_ascii()).trim() {
        "" => Err(CommandError::usage("no token on standard input")),
        token => Ok(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_token_is_the_first_line_without_what_surrounds_it() {
        assert_eq!(read_line(&b" sa_abc\r\nmore"[..]).as_deref(), Ok("sa_abc"));
        for input in ["", "\n", "  \nsa_abc"] {
            assert_eq!(read_line(input.as_bytes()), Err(CommandError::usage("no token on standard input")));
        }
    }

    #[test]
    fn what_has_no_lines_is_not_read_into_memory() {
        let mut endless = io::BufReader::new(io::repeat(b'x').take(1 << 40));
        let failure = read_line(&mut endless).expect_err("too long").to_string();
        assert!(failure.contains("too long for a token") && !failure.contains("xx"), "{failure}");
    }
}
