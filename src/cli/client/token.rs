//! Tokens on the command line.

use std::{
    convert::Infallible,
    io::{self, BufRead},
    str::FromStr,
};

use crate::cli::failure::Failure;

/// A token, or `-` for the first line of standard input, which keeps it out of histories and process
/// lists.
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
    /// The token. An empty line is a wrong usage.
    pub fn read(&self) -> Result<String, Failure> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::StandardInput => read_line(io::stdin().lock()),
        }
    }
}

fn read_line(mut input: impl BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    input.read_line(&mut line).map_err(|error| Failure::failed(format!("no token could be read: {error}")))?;
    match line.trim() {
        "" => Err(Failure::usage("no token came in on standard input")),
        token => Ok(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_first_line_without_what_surrounds_it() {
        assert_eq!(read_line(&b" sa_abc\r\nmore"[..]).as_deref(), Ok("sa_abc"));
        for input in ["", "\n", "  \nsa_abc"] {
            assert_eq!(read_line(input.as_bytes()), Err(Failure::usage("no token came in on standard input")));
        }
    }
}
