//! Servers with TLS.

use std::fs;
use std::time::Duration;

use super::program::{program, run};
use super::server::ServerProgram;
use crate::support::certificates::{CertificateAuthority, ServerCertificate};
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

const WITH_CLIENT_CERTIFICATES: &str = r#"
listen = "127.0.0.1:PORT"
[tls]
certificate_file = "server.pem"
key_file = "server.key"
client_ca_file = "clients.pem"
trust_domain = "example.org"
client_certificates = "required"
[management]
tls = true
[store]
url = "sqlite://sessions.db"
[audit]
url = "none"
"#;

#[tokio::test]
async fn a_command_is_identified_by_its_client_certificate() {
    let directory = ServerDirectory::new("session-authority-mtls", EndSignal::Kill);
    let (server, clients) = (ServerCertificate::generate(), CertificateAuthority::generate());
    let login = "spiffe://example.org/login";
    let (client, stranger) = (clients.issue_client(&[login]), clients.issue_client(&["spiffe://example.org/other"]));
    let keys = run(program().args(["keys", "init"]), "").expect_success();
    let files = [
        ("ca.pem", server.authority),
        ("server.pem", server.certificate),
        ("server.key", server.key),
        ("clients.pem", clients.certificate.clone()),
        ("client.pem", client.certificate),
        ("client.key", client.key),
        ("other.pem", stranger.certificate),
        ("other.key", stranger.key),
        ("sa.toml", format!("{WITH_CLIENT_CERTIFICATES}{keys}")),
    ];
    for (name, content) in files {
        fs::write(directory.path().join(name), content).expect("a file");
    }
    let path = directory.path().to_owned();
    let keys = |args: &[&str]| {
        run(program().arg("keys").args(args).args(["--config", "sa.toml"]).current_dir(&path), "").expect_success()
    };
    let out = keys(&["create", "--name", "login", "--role", "issuer", "--spiffe-id", login]);
    assert_eq!(out, format!("client certificates of {login} identify login (issuer for every tenant)\n"));
    assert!(keys(&["list"]).contains(login), "it is listed");
    let file = |name: &str| path.join(name).to_str().expect("a path").to_owned();
    let server = ServerProgram::configured(directory, "sa.toml", "https").await;

    let trusting = ["list", "ann", "--ca", &file("ca.pem")];
    let identified = |name: &str| {
        let [certificate, key] = ["pem", "key"].map(|kind| file(&format!("{name}.{kind}")));
        server.run(&[&trusting[..], &["--client-cert", &certificate, "--client-key", &key]].concat())
    };
    assert_eq!(identified("client").expect_success(), "ann has no active session\n");
    let err = identified("other").expect_exit_code(1);
    assert!(err.contains("no caller has the SPIFFE ID of the client certificate (CALLER_UNAUTHENTICATED)"), "{err}");
    let err = server.run(&trusting).expect_exit_code(1);
    assert!(err.contains("--client-cert"), "{err}");
    let mismatch = ["--client-cert", &file("client.pem"), "--client-key", &file("other.key")];
    let err = server.run(&[&trusting[..], &mismatch].concat()).expect_exit_code(2);
    assert!(err.contains("--client-key contains a private key that does not match the certificate"), "{err}");
    server.run(&[&trusting[..], &mismatch[..2]].concat()).expect_exit_code(2);

    let management = format!("https://{}", server.management);
    let health = |args: &[&str]| run(program().args(["health", "--management", &management]).args(args), "");
    let ready = async {
        loop {
            let ran = health(&["--ca", &file("ca.pem")]);
            if ran.code == Some(0) {
                return ran.out;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let report = tokio::time::timeout(Duration::from_secs(30), ready).await.expect("a node that is ready");
    assert!(report.contains("certificates: ok"), "{report}");
    health(&["--ca", &file("clients.pem")]).expect_exit_code(1);
    health(&[]).expect_exit_code(2);
}
