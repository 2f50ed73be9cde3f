//! The program `session-authority`.

fn main() -> std::process::ExitCode {
    session_authority::cli::main()
}
