//! The program accepts the settings in `deploy/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::read_deploy_file;
use crate::cli::program::{program, run};
use crate::support::certificates::ServerCertificate;

/// The mounted files, in a directory that replaces the paths of a machine.
struct MountedFiles {
    directory: TempDir,
}

impl MountedFiles {
    fn new() -> Self {
        let machine = Self { directory: tempfile::tempdir().expect("a directory") };
        let keys = run(program().args(["keys", "init", "--env"]), "").expect_success();
        for (file, name) in [("keys/installation", "INSTALLATION"), ("keys/token", "TOKEN")] {
            machine.put(file, variable(&keys, &format!("SESSION_AUTHORITY__KEYS__{name}=")));
        }
        let certificate = ServerCertificate::generate();
        machine.put("tls/tls.crt", &certificate.certificate);
        machine.put("tls/tls.key", &certificate.key);
        fs::create_dir(machine.path().join("callers")).expect("a directory");
        machine
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    /// Writes a shipped file, with `directory` in place of the mount point `place`.
    fn mount(&self, file: &str, place: &str, directory: &str) {
        let here = self.path().join(directory);
        self.put("session-authority.toml", &read_deploy_file(file).replace(place, &here.to_string_lossy()));
    }

    /// Returns the effective configuration, after a caller was created, because a node without callers does not serve.
    #[track_caller]
    fn effective_config(&self, arguments: &[&str], environment: &[(String, String)]) -> String {
        let ran = |words: &[&str]| {
            let mut command: Command = program();
            command.args(words).args(arguments).current_dir(self.path());
            command.envs(environment.iter().map(|(name, value)| (name, value)));
            run(&mut command, "")
        };
        let made = ran(&["keys", "create", "--name", "login", "--role", "issuer"]);
        assert_eq!(made.code, Some(0), "{}", made.err);
        ran(&["serve", "--print-config"]).expect_success()
    }
}

const STORES: [(&str, &str); 2] = [
    ("SESSION_AUTHORITY__STORE__URL", "redis://session-authority:password@127.0.0.1:6379"),
    ("SESSION_AUTHORITY__AUDIT__URL", "postgres://audit:password@127.0.0.1:5432/audit"),
];

fn stores() -> Vec<(String, String)> {
    STORES.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[test]
fn the_config_map_can_be_served() {
    let machine = MountedFiles::new();
    machine.mount("kubernetes/session-authority.toml", "/run/secrets/session-authority", "");
    let shown = machine.effective_config(&["--config", "session-authority.toml"], &stores());
    assert!(shown.contains("listen = \"0.0.0.0:50051\""), "{shown}");
    let deployment = read_deploy_file("kubernetes/deployment.yaml");
    for volume in ["keys", "callers", "tls"] {
        assert!(deployment.contains(&format!("mountPath: /run/secrets/session-authority/{volume}\n")), "{volume}");
    }
}

#[test]
fn the_file_of_the_unit_can_be_served() {
    let machine = MountedFiles::new();
    machine.mount("systemd/session-authority.toml", "/var/lib/session-authority", "callers");
    let unit = read_deploy_file("systemd/session-authority.service");
    let mut environment = stores();
    for line in unit.lines().filter_map(|line| line.strip_prefix("Environment=")) {
        let (name, value) = line.split_once('=').expect("an assignment");
        environment.push((name.to_owned(), value.replace("%d", &machine.path().join("keys").to_string_lossy())));
    }
    assert_eq!(environment.len(), 4, "two files of keys and two URLs");
    machine.effective_config(&["--config", "session-authority.toml"], &environment);
}

#[test]
fn the_environment_of_the_composition_can_be_served() {
    let machine = MountedFiles::new();
    for file in ["prepare-secrets.sh", "users.acl"] {
        machine.put(file, &read_deploy_file(file));
    }
    let prepare = || {
        let mut script = Command::new("sh");
        script.arg("prepare-secrets.sh").current_dir(machine.path());
        run(script.env("SESSION_AUTHORITY", env!("CARGO_BIN_EXE_session-authority")), "")
    };
    assert_eq!(prepare().code, Some(0));
    assert!(prepare().expect_exit_code(1).contains("exists"), "a second run keeps the first set");

    let secrets = machine.path().join("secrets");
    let read = |name: &str| fs::read_to_string(secrets.join(name)).expect("a secret");
    assert!(!read("users.acl").contains("@PASSWORD_SHA256@"));
    let composition = read_deploy_file("compose.yaml");
    let mut environment = Vec::new();
    for line in composition.lines().map(str::trim).filter(|line| line.starts_with("SESSION_AUTHORITY__")) {
        let (name, value) = line.split_once(": ").expect("a variable");
        let value = value.trim_matches('"').replace("/var/lib/session-authority", "callers");
        let value = match value.strip_prefix("/run/secrets/") {
            Some(secret) => secrets.join(secret_file(&composition, secret)).to_string_lossy().into_owned(),
            None => value,
        };
        environment.push((name.to_owned(), value));
    }
    for line in read("session-authority.env").lines() {
        let (name, value) = line.split_once('=').expect("a variable");
        environment.push((name.to_owned(), value.to_owned()));
    }
    let shown = machine.effective_config(&[], &environment);
    assert!(shown.contains("url = \"redis://session-authority:redacted@redis:6379\""), "{shown}");
}

#[test]
fn the_composition_runs_redis_with_the_settings_that_are_tested() {
    let composition = read_deploy_file("compose.yaml");
    for mounted in ["./redis.conf:/etc/redis/redis.conf:ro", "./secrets/users.acl:/etc/redis/users.acl:ro"] {
        assert!(composition.contains(mounted), "{mounted}");
    }
    assert!(read_deploy_file("redis.conf").contains("\naclfile /etc/redis/users.acl\n"));
    let (_, command) = composition.split_once("- redis-server\n      - /etc/redis/redis.conf\n").expect("its command");
    let (command, _) = command.split_once("\n    volumes:").expect("its end");
    let flags: Vec<_> = command.split_whitespace().filter(|word| word.starts_with("--")).collect();
    assert_eq!(flags, ["--bind", "--dir", "--maxmemory"], "only settings that depend on the machine");
}

#[test]
fn a_small_append_only_file_is_rewritten_too() {
    let settings = read_deploy_file("redis.conf");
    for setting in ["auto-aof-rewrite-percentage 100", "auto-aof-rewrite-min-size 1mb"] {
        assert!(settings.lines().any(|line| line == setting), "{setting}");
    }
}

#[test]
fn the_release_is_the_same_everywhere() {
    let image = format!("session-authority:{}", env!("CARGO_PKG_VERSION"));
    for file in ["Dockerfile", "compose.yaml", "prepare-secrets.sh"] {
        let text = read_deploy_file(file);
        let others =
            text.split("session-authority:").skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let others: Vec<_> = others.map(|rest| format!("session-authority:{rest}")).collect();
        assert!(!others.is_empty(), "{file} names no image");
        assert!(others.iter().all(|other| other.starts_with(&image)), "{file} has another release than {image}");
    }
    assert!(
        read_deploy_file("kubernetes/kustomization.yaml").contains(&format!("newTag: {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn every_manifest_is_applied_or_a_template() {
    let kustomization = read_deploy_file("kubernetes/kustomization.yaml");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes");
    for entry in fs::read_dir(directory).expect("the manifests") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let is_apart = name == "kustomization.yaml" || name.ends_with(".example.yaml");
        assert!(is_apart || kustomization.contains(&name), "{name} is not in kustomization.yaml");
    }
}

/// Returns the file below `secrets/` that the composition provides as `secret`.
fn secret_file<'a>(composition: &'a str, secret: &str) -> &'a str {
    let (_, rest) = composition.split_once(&format!("\n  {secret}: {{ file: secrets/")).expect("a secret");
    rest.split(' ').next().expect("a file")
}

fn variable<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(start)).expect("a variable")
}
