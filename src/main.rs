//! The program `session-authority`.

use mimalloc::MiMalloc;

/// A call takes some dozen pieces of memory for microseconds: the system's allocator costs it a tenth of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    session_authority::cli::main()
}
