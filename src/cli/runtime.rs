//! The async runtimes of commands.

use tokio::runtime::Builder;

use super::command_error::CommandError;

/// Runs a server on all cores.
pub fn block_on_multi_thread<T>(server: impl Future<Output = T>) -> Result<T, CommandError> {
    block_on(&mut Builder::new_multi_thread(), server)
}

/// Runs one or a few calls on the current thread.
pub fn block_on_current_thread<T>(calls: impl Future<Output = T>) -> Result<T, CommandError> {
    block_on(&mut Builder::new_current_thread(), calls)
}

fn block_on<T>(builder: &mut Builder, future: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = builder.enable_all().build();
    let runtime =
        runtime.map_err(|error| CommandError::failed(format!("failed to start the async runtime: {error}")))?;
    let done = runtime.block_on(future);
    // Tasks that still run were asked to end and did not; they end with the process.
    runtime.shutdown_background();
    Ok(done)
}
