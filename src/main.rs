//! The program `session-authority`.

use mimalloc::MiMalloc;

/// A call makes dozens of allocations that live for microseconds. The system's allocator would cost it a tenth of its
/// time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    session_authority::cli::main()
}
