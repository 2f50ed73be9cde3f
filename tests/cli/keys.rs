//! API keys and installation keys: created, listed, used and revoked.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::program::{ProgramOutput, program, run};
use super::server::ServerProgram;
use crate::support::directory::{EndSignal, ServerDirectory};

const CONFIGURATION: &str = r#"
listen = "127.0.0.1:PORT"
[store]
url = "sqlite://sessions.db"
[audit]
url = "sqlite://audit.db"
[callers]
reload_interval = "1s"
[shutdown]
delay = "0s"
"#;

/// Returns a directory with a configuration that has keys and no callers.
pub fn installation() -> ServerDirectory {
    let directory = ServerDirectory::new("session-authority-keys", EndSignal::Kill);
    let keys = run(program().args(["keys", "init"]), "").expect_success();
    fs::write(directory.path().join("sa.toml"), format!("{CONFIGURATION}{keys}")).expect("a configuration");
    directory
}

pub fn keys(directory: &Path, args: &[&str]) -> ProgramOutput {
    run(program().arg("keys").args(args).args(["--config", "sa.toml"]).current_dir(directory), "")
}

pub fn create_key(directory: &Path, args: &[&str]) -> String {
    let ran = keys(directory, &[&["create"], args].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("shown only once"), "{}", ran.err);
    ran.out.trim_end().to_owned()
}

#[test]
fn keys_of_an_installation_are_new_each_time() {
    let (one, other) = (
        run(program().args(["keys", "init"]), "").expect_success(),
        run(program().args(["keys", "init"]), "").expect_success(),
    );
    assert!(one.starts_with("# ") && one.contains("\n[keys]\ninstallation = \""), "{one}");
    assert_ne!(one, other);
    let variables = run(program().args(["keys", "init", "--env"]), "").expect_success();
    assert!(variables.contains("\nSESSION_AUTHORITY__KEYS__TOKEN=1:"), "{variables}");
}

#[test]
fn a_key_is_listed_without_what_it_is_recognised_by() {
    let directory = installation();
    let key = create_key(
        directory.path(),
        &["--name", "gw", "--role", "validator", "--tenant", "acme", "--expires-in", "90d"],
    );
    assert!(key.starts_with("sak_"), "{key}");
    let table = keys(directory.path(), &["list"]).expect_success();
    assert!(table.lines().nth(1).is_some_and(|line| line.starts_with("gw    validator  acme")), "{table}");
    assert!(table.trim_end().ends_with("expires in 90 d"), "{table}");
    let text = keys(directory.path(), &["list", "--json"]).expect_success();
    let listed: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&listed[0]["role"], &listed[0]["live"]), (&"validator".into(), &true.into()));
    assert!(!text.contains("hash"), "{text}");
    assert_eq!(listed[0]["tenants"], serde_json::json!(["acme"]));
    create_key(directory.path(), &["--name", "login", "--role", "issuer"]);
    let text = keys(directory.path(), &["list", "--json"]).expect_success();
    let everywhere: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(everywhere[1]["tenants"], "all", "an empty list would mean no tenant");

    let id = listed[0]["key_id"].as_str().expect("an id");
    assert_eq!(keys(directory.path(), &["revoke", id]).expect_success(), format!("revoked key {id} of gw\n"));
    assert_eq!(keys(directory.path(), &["revoke", "gw"]).expect_success(), "already revoked\n");
    keys(directory.path(), &["revoke", "nobody"]).expect_exit_code(2);
    keys(directory.path(), &["create", "--name", "x", "--role", "king"]).expect_exit_code(2);
}

/// If root runs `keys`, the file must stay accessible to the user of the server.
#[test]
fn a_changed_file_keeps_its_owner_and_permissions() {
    let directory = installation();
    let file = directory.path().join("callers.toml");
    create_key(directory.path(), &["--name", "gw", "--role", "validator"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
    // Only root may change the owner; for others it stays the same.
    let _ = chown(&file, Some(1234), Some(4321));
    let of_file = || {
        let metadata = fs::metadata(&file).expect("the file");
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o777)
    };
    let before = of_file();
    create_key(directory.path(), &["--name", "login", "--role", "issuer"]);
    assert_eq!(of_file(), before);
    keys(directory.path(), &["revoke", "gw"]).expect_success();
    assert_eq!(of_file(), before);
}

#[tokio::test]
async fn a_server_lets_in_who_has_a_key_as_far_as_its_role_goes() {
    let directory = installation();
    let path = directory.path().to_owned();
    let issuer = create_key(&path, &["--name", "login", "--role", "issuer"]);
    let validator = create_key(&path, &["--name", "gateway", "--role", "validator"]);
    let server = ServerProgram::configured(directory, "sa.toml", "http").await;
    let with = |key: &str, args: &[&str]| run(server.program(args).env("SESSION_AUTHORITY_API_KEY", key), "");

    let err = server.run(&["list", "ann"]).expect_exit_code(1);
    assert!(err.contains("(CALLER_UNAUTHENTICATED)\n  pass an API key with --api-key"), "{err}");
    let err = with("sak_nonsense", &["list", "ann"]).expect_exit_code(1);
    assert!(err.contains("(CALLER_UNAUTHENTICATED)\n") && !err.contains("nonsense"), "{err}");
    with(&issuer, &["create", "ann"]).expect_success();
    let err = with(&validator, &["list", "ann"]).expect_exit_code(1);
    assert!(err.contains("role validator may not call") && err.contains("(CALLER_NOT_ALLOWED)"), "{err}");

    keys(&path, &["revoke", "login"]).expect_success();
    let refused = async {
        while with(&issuer, &["list", "ann"]).code == Some(0) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused).await.expect("a revoked key to be refused");
    let log = server.log();
    assert!(log.contains("rejected unauthenticated caller") && log.contains("peer=\"127.0.0.1:"), "{log}");
}

#[test]
fn migrate_says_what_it_applied_and_is_done_then() {
    let directory = installation();
    let migrate =
        || run(program().args(["migrate", "--config", "sa.toml"]).current_dir(directory.path()), "").expect_success();
    assert!(migrate().starts_with("applied 0001_"));
    assert_eq!(migrate(), "up to date\n");
}

#[test]
fn the_configuration_in_effect_is_shown_without_secrets() {
    let directory = installation();
    create_key(directory.path(), &["--name", "login", "--role", "issuer"]);
    let mut command = program();
    command.args(["serve", "--print-config", "--config", "sa.toml", "--listen", "127.0.0.1:7"]);
    let shown = run(command.current_dir(directory.path()), "").expect_success();
    assert!(shown.contains("listen = \"127.0.0.1:7\"  # flag --listen\n"), "{shown}");
    assert!(shown.contains("installation = \"redacted\""), "{shown}");
}

#[tokio::test]
async fn a_key_is_rotated_without_an_interruption_and_its_last_use_is_shown() {
    let directory = installation();
    let path = directory.path().to_owned();
    let admin = create_key(&path, &["--name", "console", "--role", "admin"]);
    let old = create_key(&path, &["--name", "login", "--role", "issuer", "--tenant", "acme"]);
    let server = ServerProgram::configured(directory, "sa.toml", "http").await;
    let with = |key: &str, args: &[&str]| run(server.program(args).env("SESSION_AUTHORITY_API_KEY", key), "");

    let rotated = keys(&path, &["rotate", "login", "--overlap", "1h"]);
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    let new = rotated.out.trim_end().to_owned();
    assert!(rotated.err.contains("shown only once") && rotated.err.contains("the old key "), "{}", rotated.err);
    let err = keys(&path, &["rotate", "login"]).expect_exit_code(2);
    assert!(err.contains("revoke the old one first"), "{err}");
    keys(&path, &["rotate", "nobody"]).expect_exit_code(2);
    let accepted = async {
        while with(&new, &["list", "ann", "--tenant", "acme"]).code != Some(0) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), accepted).await.expect("the new key to be accepted");
    with(&old, &["list", "ann", "--tenant", "acme"]).expect_success();

    let text = with(&admin, &["keys", "list", "--from-server", "--json"]).expect_success();
    let listed: Value = serde_json::from_str(&text).expect("JSON");
    let credentials = listed["credentials"].as_array().expect("a list");
    assert_eq!(credentials.len(), 3, "{text}");
    assert!(credentials.iter().all(|credential| credential["last_used_at"].is_string()), "{text}");
    let table = with(&admin, &["keys", "list", "--from-server"]).expect_success();
    assert!(table.contains("LAST USED") && table.contains("within an hour"), "{table}");
    let err = with(&new, &["keys", "list", "--from-server"]).expect_exit_code(1);
    assert!(err.contains("(CALLER_NOT_ALLOWED)"), "{err}");
}
