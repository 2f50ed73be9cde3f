//! The runtimes that commands run on.

use tokio::runtime::Builder;

use super::failure::Failure;

/// Runs a server on all cores.
pub fn serve<T>(server: impl Future<Output = T>) -> Result<T, Failure> {
    run(&mut Builder::new_multi_thread(), server)
}

/// Runs one call, or a few.
pub fn call<T>(calls: impl Future<Output = T>) -> Result<T, Failure> {
    run(&mut Builder::new_current_thread(), calls)
}

fn run<T>(builder: &mut Builder, future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("the runtime could not start: {error}")))?;
    let done = runtime.block_on(future);
    // What still runs has been told to end and did not; it goes with the process.
    runtime.shutdown_background();
    Ok(done)
}
