//! Generates the gRPC code from `proto/` without a `protoc` on the machine.

use std::{env, path::PathBuf};

use prost::Message;
use tonic_prost_build::Config;

const CONTRACT: [&str; 3] =
    ["session/v1/session_service.proto", "session/v1/admin_service.proto", "session/v1/denylist_service.proto"];

/// Messages with a token, an e-mail address or data. Their `Debug` is written by hand, beside the generated code.
const SECRET: [&str; 9] = [
    ".session.v1.Session",
    ".session.v1.CreateRequest",
    ".session.v1.CreateResponse",
    ".session.v1.ValidateRequest",
    ".session.v1.RotateRequest",
    ".session.v1.RotateResponse",
    ".session.v1.RevokeRequest",
    ".session.v1.RevokeAllRequest",
    ".session.v1.Alert",
];

const STORED: [&str; 1] = ["session/record/v1/record.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let contract = protox::compile(CONTRACT, ["proto"])?;
    std::fs::write(out.join("session.v1.bin"), contract.encode_to_vec())?;
    let mut with_names = Config::new();
    // The codec uses the names to find the fields of a message that may be other than UTF-8.
    with_names.enable_type_names();
    tonic_prost_build::configure()
        .skip_debug(SECRET)
        .codec_path("crate::api::LenientCodec")
        // Validations are served before the service is reached (`transport/grpc/validate`).
        .generate_default_stubs(true)
        .compile_fds_with_config(contract, with_names)?;

    let stored = protox::compile(STORED, ["proto"])?;
    tonic_prost_build::configure()
        .skip_debug([".session.record.v1.Record", ".session.record.v1.Alert"])
        .build_client(false)
        .build_server(false)
        .compile_fds(stored)?;
    Ok(())
}
