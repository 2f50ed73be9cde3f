//! The generated code is that of the contract. `UPDATE_GENERATED=1 cargo test -p session-authority-client` writes it.

use std::{env, fs, path::Path};

use protox::Compiler;

#[path = "../../../build/contract.rs"]
mod contract;
#[path = "../../../build/redacted_debug.rs"]
mod redacted_debug;

use contract::{CONTRACT, OPTIONS};
use redacted_debug::{RedactedMessage, debug_implementations};

#[test]
fn the_committed_code_is_generated_from_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiler = Compiler::new([root.join("../../proto")]).expect("the contract");
    compiler.include_imports(true).include_source_info(true).open_files(CONTRACT).expect("the contract compiles");
    let mut contract = compiler.file_descriptor_set();
    contract.file.retain(|file| !OPTIONS.contains(&file.name()));
    let redacted = RedactedMessage::all(&compiler.descriptor_pool(), "session.v1").expect("the option");

    let out = tempfile::tempdir().expect("a directory");
    tonic_prost_build::configure()
        .build_server(false)
        .out_dir(out.path())
        .skip_debug(redacted.iter().map(RedactedMessage::path))
        .compile_fds(contract)
        .expect("code is generated");
    let debug = debug_implementations(&redacted).expect("code is generated");
    fs::write(out.path().join("debug.rs"), debug).expect("written");

    for name in ["session.v1.rs", "debug.rs"] {
        let generated = fs::read_to_string(out.path().join(name)).expect("generated");
        let committed = root.join("src/generated").join(name);
        if env::var_os("UPDATE_GENERATED").is_some() {
            fs::write(&committed, &generated).expect("written");
        }
        let is_current = fs::read_to_string(&committed).is_ok_and(|committed| committed == generated);
        assert!(is_current, "{name} is out of date; run UPDATE_GENERATED=1 cargo test -p session-authority-client");
    }
}
