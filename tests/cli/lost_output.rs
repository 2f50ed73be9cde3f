//! Secrets that are printed once, when printing fails or the output is readable by others.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::keys::{installation, keys};
use super::program::program;
use super::server::ServerProgram;

/// Runs `command` with its output redirected to a file. Returns the exit code and standard error.
fn run_into(command: &mut Command, out: File) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).output().expect("the program");
    (output.status.code(), String::from_utf8(output.stderr).expect("text"))
}

fn full_device() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("a device")
}

/// Returns a pipe whose reader is closed.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[tokio::test]
async fn a_session_whose_token_could_not_be_written_can_be_revoked() {
    let server = ServerProgram::dev().await;
    for json in [&[][..], &["--json"]] {
        let (code, stderr) = run_into(server.program(&["create", "ann"]).args(json), full_device());
        assert_eq!(code, Some(1), "{stderr}");
        let (_, id) = stderr.split_once("revoke --session ").expect("the remedy");
        let id = id.trim_end().trim_end_matches('`');
        assert_eq!(server.run(&["revoke", "--session", id]).expect_success(), format!("revoked {id}\n"));
        assert!(stderr.contains("No space left on device") && !stderr.contains("sa_"), "{stderr}");
    }
    let mut command = server.program(&["create", "ann"]);
    let output =
        command.stdin(Stdio::null()).stdout(closed_pipe()).stderr(Stdio::piped()).output().expect("the program");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.code() == Some(1) && stderr.contains("revoke --session "), "{stderr}");
    // A reader that stops early is no failure if nothing important is lost.
    let output = server.program(&["list", "ann"]).stdout(closed_pipe()).output().expect("the program");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn an_api_key_that_could_not_be_written_can_be_revoked() {
    let directory = installation();
    let mut command = program();
    command.args(["keys", "create", "--name", "gw", "--role", "validator", "--config", "sa.toml"]);
    let (code, stderr) = run_into(command.current_dir(directory.path()), full_device());
    assert_eq!(code, Some(1), "{stderr}");
    let (_, id) = stderr.split_once("keys revoke ").expect("the remedy");
    let id = id.trim_end().trim_end_matches('`');
    assert_eq!(keys(directory.path(), &["revoke", id]).expect_success(), format!("revoked key {id} of gw\n"));
}

/// Creates a file with these permissions.
fn file(path: &Path, mode: u32) -> File {
    let file = File::create(path).expect("a file");
    file.set_permissions(fs::Permissions::from_mode(mode)).expect("a mode");
    file
}

#[test]
fn secrets_in_a_file_that_everybody_can_read_are_warned_of() {
    let directory = installation();
    let path = directory.path().join("secret");
    let create = ["keys", "create", "--name", "gw", "--role", "validator", "--config", "sa.toml"];
    for args in [&["keys", "init"][..], &["keys", "init", "--env"], &create] {
        let mut command = program();
        let (code, stderr) = run_into(command.args(args).current_dir(directory.path()), file(&path, 0o644));
        assert!(code == Some(0) && stderr.contains("warning: ") && stderr.contains("chmod 600"), "{args:?}: {stderr}");
    }
    let (code, stderr) = run_into(program().args(["keys", "init"]), file(&path, 0o600));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_set_of_keys_is_written_for_its_owner_and_over_nothing() {
    let directory = installation();
    let path = directory.path().join("keys.toml");
    let init = || {
        let mut command = program();
        command.args(["keys", "init", "--out", "keys.toml"]).current_dir(directory.path());
        super::program::run(&mut command, "")
    };
    assert_eq!(init().expect_success(), "");
    let written = fs::read_to_string(&path).expect("the keys");
    assert!(written.contains("\n[keys]\ninstallation = \""), "{written}");
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
    let stderr = init().expect_exit_code(1);
    assert!(stderr.starts_with("error: --out keys.toml: "), "{stderr}");
    assert_eq!(fs::read_to_string(&path).expect("the keys"), written, "the first set is still there");
}
