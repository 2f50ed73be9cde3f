//! The files of `deploy/`, compared with the program that they deploy.

mod exported_metrics;
mod monitoring;
mod promql;
mod settings;
mod shutdown;

use std::fs;
use std::path::Path;

/// Returns the text of a file of `deploy/`.
fn read_deploy_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
