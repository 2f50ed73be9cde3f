//! `clients/README.md`: the tests that it names exist. The packages of all clients have the version of the contract.

use std::{fs, path::Path};

use super::{read_document, table_cells};

/// The directories with the tests of a column.
const COLUMNS: [&[&str]; 5] =
    [&["clients/go"], &["clients/java"], &["clients/python/tests"], &["clients/typescript/tests"], &["crates/client"]];

/// The files that state a version, and the text before it.
const VERSIONS: [(&str, &str); 12] = [
    ("clients/python/pyproject.toml", "\nversion = \""),
    ("clients/typescript/package.json", "\"version\": \""),
    ("clients/elements/elements/package.json", "\"version\": \""),
    ("clients/elements/react/package.json", "\"version\": \""),
    ("clients/elements/react/package.json", "\"@session-authority/elements\": \""),
    ("clients/java/pom.xml", "<artifactId>session-authority-parent</artifactId>\n  <version>"),
    ("clients/java/client/pom.xml", "<artifactId>session-authority-parent</artifactId>\n    <version>"),
    ("clients/java/servlet/pom.xml", "<artifactId>session-authority-parent</artifactId>\n    <version>"),
    ("clients/java/spring/pom.xml", "<artifactId>session-authority-parent</artifactId>\n    <version>"),
    ("clients/java/README.md", "<version>"),
    ("examples/java/pom.xml", "<artifactId>session-authority-servlet</artifactId>\n      <version>"),
    ("examples/go/go.mod", "clients/go v"),
];

/// Returns the texts of all files in a directory, without those of build output.
fn read_all(directory: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name();
        if ["node_modules", "target", "generated", "dist", "build"].iter().any(|skipped| name == *skipped) {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            text += &read_all(&entry.path());
        } else if let Ok(file) = fs::read_to_string(entry.path()) {
            text += &file;
        }
    }
    text
}

fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Returns the names in the tables of the README that are no test.
fn unknown_tests(readme: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = read_document("clients/conformance/cases.json");
    let sources =
        COLUMNS.map(|directories| directories.iter().map(|path| read_all(&root.join(path))).collect::<String>());
    let shown = readme.split_once("## What is shown by which test").map_or("", |(_, rest)| rest);
    let mut unknown = Vec::new();
    for row in shown.lines().filter_map(table_cells) {
        match row[..] {
            [_, cell] => {
                let has_case = |name: &str| match name.strip_suffix('*') {
                    Some(prefix) => cases.contains(&format!("\"name\": \"{prefix}")),
                    None => cases.contains(&format!("\"name\": \"{name}\"")),
                };
                unknown.extend(names(cell).filter(|name| !has_case(name)).map(str::to_owned));
            }
            [_, go, java, python, typescript, rust] => {
                for (cell, source) in [go, java, python, typescript, rust].iter().zip(&sources) {
                    let is_test = |name: &&str| {
                        source.contains(&format!("{name}(")) || source.contains(&format!("test(\"{name}\""))
                    };
                    unknown.extend(names(cell).filter(|name| !is_test(name)).map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    unknown
}

#[test]
fn the_tests_of_the_clients_that_the_readme_names_exist() {
    let readme = read_document("clients/README.md");
    assert_eq!(unknown_tests(&readme), [""; 0]);
    let changed = readme.replace("`aStepUpIsRequired`", "`noSuchTest`").replace("`tls.*`", "`none.*`");
    assert_eq!(unknown_tests(&changed), ["none.*", "noSuchTest"]);
}

#[test]
fn the_packages_of_all_clients_have_the_version_of_the_contract() {
    let minor = |version: &str| version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let contract = minor(env!("CARGO_PKG_VERSION"));
    for (file, before) in VERSIONS {
        let text = read_document(file);
        let (_, version) = text.split_once(before).unwrap_or_else(|| panic!("{file} has no {before}"));
        let version = version.split(['"', '<', '\n']).next().unwrap_or_default();
        assert_eq!(minor(version), contract, "{file}");
    }
}
