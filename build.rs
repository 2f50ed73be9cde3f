//! Generates the gRPC code from `proto/` without a `protoc` on the machine.

use std::{env, path::PathBuf};

use prost::Message;

const CONTRACT: [&str; 3] =
    ["session/v1/session_service.proto", "session/v1/admin_service.proto", "session/v1/denylist_service.proto"];

const STORED: [&str; 1] = ["session/record/v1/record.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let contract = protox::compile(CONTRACT, ["proto"])?;
    std::fs::write(out.join("session.v1.bin"), contract.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(contract)?;

    let stored = protox::compile(STORED, ["proto"])?;
    tonic_prost_build::configure().build_client(false).build_server(false).compile_fds(stored)?;
    Ok(())
}
