//! Runs the program.

use std::io::Write;
use std::process::{Command, Stdio};

/// The outcome of a run.
#[derive(Debug)]
pub struct ProgramOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl ProgramOutput {
    /// Returns the standard output of a successful run.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Returns the standard error of a run that ended with `code`.
    #[track_caller]
    pub fn expect_exit_code(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.err
    }
}

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_session-authority");

/// Returns the program without the environment of the tests.
pub fn program() -> Command {
    without_environment(Command::new(PROGRAM))
}

/// Removes the environment of the tests from `command`.
pub fn without_environment(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SESSION_AUTHORITY") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` to its end, with `input` on its standard input.
pub fn run(command: &mut Command, input: &str) -> ProgramOutput {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let mut stdin = child.stdin.take().expect("its input");
    // A program that reads no input may have ended before it is written.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    ProgramOutput {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}
