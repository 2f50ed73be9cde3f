//! The commands of docs/gateways/recipes.md, with each gateway.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use super::deployed::Gateway;
use crate::{
    cli::program::{PROGRAM, without_environment},
    support::ports,
};

/// Makes the case a test with each gateway.
macro_rules! recipe_of_every_gateway {
    ($($name:ident $gateway:ident $heading:literal $program:literal),+ $(,)?) => {
        $(#[test]
        #[ignore = "needs gateways: make test-gateways"]
        fn $name() {
            follow(Gateway::$gateway, $heading, $program);
        })+
    };
}

recipe_of_every_gateway![
    the_recipe_for_envoy_works Envoy "### Envoy" "envoy",
    // The other nginx has paths of an installation.
    the_recipe_for_nginx_works NginxNewest "### nginx" "nginx",
    the_recipe_for_caddy_works Caddy "### Caddy" "caddy",
    the_recipe_for_traefik_works Traefik "### Traefik" "traefik",
    the_recipe_for_haproxy_works Haproxy "### HAProxy" "haproxy",
];

/// Runs the commands of the page with one gateway, on free ports, and compares their output with that of the page.
fn follow(gateway: Gateway, heading: &str, program: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/gateways/recipes.md")).expect("the page");
    let steps = ["## 1.", heading, "## 3.", "## 4."].map(|heading| block(&page, heading, "sh"));
    let [grpc, http, management, application, port] = [(); 5].map(|()| ports::free().to_string());
    let mut script = format!("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n{}", steps.concat());
    // The page writes its addresses in these forms.
    for prefix in ["127.0.0.1:", "127.0.0.1, port_value: ", "\"127.0.0.1\", ", "http:\\/\\/:"] {
        for (written, free) in [("50051", &grpc), ("8080", &http), ("8000", &application), ("8090", &port)] {
            script = script.replace(&format!("{prefix}{written}"), &format!("{prefix}{free}"));
        }
    }
    let binaries = tempfile::tempdir().expect("a directory");
    symlink(absolute(&gateway.binary()), binaries.path().join(program)).expect("the gateway");
    symlink(PROGRAM, binaries.path().join("session-authority")).expect("the program");
    let path = format!("{}:{}", binaries.path().display(), std::env::var("PATH").expect("a path"));
    let mut shell = without_environment(Command::new("timeout"));
    shell.args(["60", "bash", "-c", &script]).current_dir(root).env("PATH", path).env("HOME", binaries.path());
    shell.env("SESSION_AUTHORITY__LISTEN", format!("127.0.0.1:{grpc}"));
    shell.env("SESSION_AUTHORITY__HTTP__LISTEN", format!("127.0.0.1:{http}"));
    shell.env("SESSION_AUTHORITY__MANAGEMENT__LISTEN", format!("127.0.0.1:{management}"));
    shell.env("SESSION_AUTHORITY_SERVER", format!("http://127.0.0.1:{grpc}"));
    shell.env("SESSION_AUTHORITY_MANAGEMENT", format!("127.0.0.1:{management}"));
    let output = shell.output().expect("timeout and bash");
    let printed = String::from_utf8_lossy(&output.stdout);
    let lines = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim_end().to_owned()).collect() };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(lines(&printed), lines(&block(&page, "It prints", "text")), "{errors}\n{script}");
}

/// Returns the first code block of this language after a line that begins with `heading`.
fn block(page: &str, heading: &str, language: &str) -> String {
    let lines = page.lines().skip_while(|line| !line.starts_with(heading));
    let code = lines.skip_while(|line| *line != format!("```{language}")).skip(1).take_while(|line| *line != "```");
    code.flat_map(|line| [line, "\n"]).collect()
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| panic!("{} is missing; `make test-gateways` downloads it", path.display()))
}
