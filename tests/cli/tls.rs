//! Servers with TLS.

use std::fs;

use super::program::{program, run};
use super::server::ServerProgram;
use crate::support::certificates::ServerCertificate;
use crate::support::directory::{EndSignal, ServerDirectory};

const CONFIGURATION: &str = r#"
listen = "127.0.0.1:PORT"
[tls]
certificate_file = "server.pem"
key_file = "server.key"
[store]
url = "sqlite://sessions.db"
[audit]
url = "none"
[callers]
anonymous = true
"#;

#[tokio::test]
async fn a_server_is_trusted_by_the_authority_that_is_named_and_by_no_other() {
    let directory = ServerDirectory::new("session-authority-tls", EndSignal::Kill);
    let authority = directory.path().join("ca.pem");
    let certificate = ServerCertificate::generate();
    let keys = run(program().args(["keys", "init"]), "").expect_success();
    let files = [
        ("ca.pem", certificate.authority),
        ("server.pem", certificate.certificate),
        ("server.key", certificate.key),
        ("sa.toml", format!("{CONFIGURATION}{keys}")),
    ];
    for (name, content) in files {
        fs::write(directory.path().join(name), content).expect("a file");
    }
    let server = ServerProgram::configured(directory, "sa.toml", "https").await;
    let authority = authority.to_str().expect("a path");

    assert_eq!(server.run(&["list", "ann", "--ca", authority]).expect_success(), "ann has no active session\n");
    let err = server.run(&["list", "ann"]).expect_exit_code(1);
    assert!(err.contains("certificate") && err.contains("given with --ca?"), "{err}");
    let plain = server.url.replace("https", "http");
    let err = server.run(&["list", "ann", "--server", &plain]).expect_exit_code(1);
    assert!(err.contains("https://"), "{err}");
}
