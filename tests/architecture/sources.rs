//! The source files of the workspace, and the paths that they name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A path as it is written in a source: `["super", "column", "integer"]`.
pub(super) type WrittenPath = Vec<String>;

/// A source file.
pub(crate) struct SourceFile {
    /// The path from the root of the repository.
    pub(crate) path: String,
    /// The path below `src/` of its package.
    pub(crate) name: String,
    /// The text as it is.
    pub(crate) text: String,
    /// The lines that are not comments.
    pub(super) code: String,
}

/// Returns the directories of the packages in `crates/`.
pub(super) fn other_packages() -> Vec<String> {
    let crates = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).expect("a directory");
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name().to_string_lossy().into_owned();
    let mut packages: Vec<_> = crates.map(|entry| format!("crates/{}", name(entry))).collect();
    packages.sort();
    assert!(packages.contains(&"crates/redis-cluster".to_owned()), "the packages were not found");
    packages
}

/// Returns every source file of the workspace.
pub(crate) fn read_all_sources() -> Vec<SourceFile> {
    let others = other_packages();
    read_sources().into_iter().chain(others.iter().flat_map(|package| read_package(package))).collect()
}

/// Returns every source file of the package at the root.
pub(super) fn read_sources() -> Vec<SourceFile> {
    read_package("")
}

/// Returns every source file of the package in a directory, but generated code.
pub(super) fn read_package(package: &str) -> Vec<SourceFile> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = repository.join(package).join("src");
    let below = |path: &Path, root: &Path| {
        path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/")
    };
    let mut files = Vec::new();
    let mut directories: Vec<PathBuf> = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if !path.ends_with("generated") {
                    directories.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let (name, path) = (below(&path, &root), below(&path, repository));
                files.push(SourceFile { path, name, code: code.join("\n"), text });
            }
        }
    }
    assert!(files.len() > 10, "the sources were not found");
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

impl SourceFile {
    pub(super) fn is_test(&self) -> bool {
        self.name.ends_with("tests.rs") || self.name.contains("/tests/")
    }

    /// Returns the code above the unit tests of the file, which come last.
    pub(super) fn code_without_tests(&self) -> &str {
        let tests = ["#[cfg(test)]\nmod ", "#[cfg(all(test, not(model)))]\nmod "];
        let inline = |start: &&str| {
            let found = self
                .code
                .match_indices(*start)
                .find(|(at, _)| self.code[at + start.len()..].lines().next().is_some_and(|line| line.ends_with('{')));
            found.map(|(at, _)| at)
        };
        &self.code[..tests.iter().filter_map(inline).min().unwrap_or(self.code.len())]
    }

    /// Returns the module of the file: `["store", "sqlite"]` for `store/sqlite/mod.rs`.
    pub(super) fn module(&self) -> Vec<String> {
        let path = self.name.trim_end_matches(".rs");
        let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            module.pop();
        }
        module
    }
}

/// Returns the paths of the `use` declarations in `code`, with whether they are public.
pub(super) fn use_declarations(code: &str) -> Vec<(WrittenPath, bool)> {
    let mut paths = Vec::new();
    let mut declaration: Option<(String, bool)> = None;
    for line in code.lines() {
        let trimmed = line.trim();
        if declaration.is_none() {
            let at = if trimmed.starts_with("use ") { Some(0) } else { trimmed.find(" use ").map(|at| at + 1) };
            let starts = at.filter(|at| *at == 0 || trimmed.starts_with("pub"));
            declaration = starts.map(|at| (trimmed[at + 4..].to_owned(), at > 0));
        } else if let Some((text, _)) = &mut declaration {
            text.push_str(trimmed);
        }
        if let Some((text, _)) = &declaration
            && text.ends_with(';')
        {
            let (text, is_public) = declaration.take().expect("a declaration");
            expand(text.trim_end_matches(';'), &[], &mut |path| paths.push((path, is_public)));
        }
    }
    paths
}

/// Calls `found` with each path of a `use` tree.
fn expand(tree: &str, prefix: &[String], found: &mut impl FnMut(WrittenPath)) {
    if let Some(open) = tree.find('{') {
        let mut prefix = prefix.to_vec();
        prefix.extend(tree[..open].split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
        let (mut depth, mut item) = (0, String::new());
        for c in tree[open + 1..].chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => expand(&std::mem::take(&mut item), &prefix, found),
                c => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    item.push(c);
                }
            }
        }
        expand(&item, &prefix, found);
    } else if !tree.trim().is_empty() {
        let path = tree.split(" as ").next().unwrap_or_default();
        let mut written = prefix.to_vec();
        written.extend(path.split("::").map(|name| name.trim().to_owned()));
        if written.len() > 1 && written.last().is_some_and(|name| name == "self") {
            written.pop();
        }
        found(written);
    }
}

/// Returns the paths that `code` names, except groups.
pub(super) fn inline_paths(code: &str) -> Vec<WrittenPath> {
    let paths = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    let complete = paths.filter(|path| path.contains("::") && !path.starts_with(':') && !path.ends_with(':'));
    complete.map(|path| path.split("::").map(str::to_owned).collect()).collect()
}

/// The modules of the crate, and the names that they export from other modules.
pub(super) struct Modules {
    /// The file of each module.
    files: BTreeMap<Vec<String>, String>,
    /// The path from which a module exports a name.
    exports: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl Modules {
    pub(super) fn new(sources: &[SourceFile]) -> Self {
        let library = sources.iter().filter(|source| source.name != "main.rs");
        let files = library.map(|source| (source.module(), source.name.clone())).collect();
        let mut modules = Self { files, exports: BTreeMap::new() };
        for source in sources {
            for (path, is_public) in use_declarations(source.code_without_tests()) {
                let target = modules.absolute(&source.module(), &path).filter(|_| is_public);
                if let (Some(target), Some(name)) = (target, path.last()) {
                    modules.exports.insert((source.module(), name.clone()), target);
                }
            }
        }
        modules
    }

    /// Returns whether the crate has a module `name` at its root.
    pub(super) fn is_module(&self, name: &str) -> bool {
        self.files.contains_key(std::slice::from_ref(&name.to_owned()))
    }

    /// Returns `path` from the root of the crate, or `None` if it leads out of the crate.
    pub(super) fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut absolute = module.to_vec();
        let mut names = path.iter().map(String::as_str).peekable();
        match *names.peek()? {
            "crate" => {
                names.next();
                absolute.clear();
            }
            "self" => {
                names.next();
            }
            "super" => {
                while names.peek() == Some(&"super") {
                    names.next();
                    absolute.pop()?;
                }
            }
            first => {
                let mut child = module.to_vec();
                child.push(first.to_owned());
                self.files.get(&child)?;
            }
        }
        absolute.extend(names.map(str::to_owned));
        Some(absolute)
    }

    /// Returns the module that defines what `path`, from the root of the crate, names, and its file.
    pub(super) fn defining_file(&self, path: &[String]) -> Option<(&[String], &str)> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
            let exported = path.get(length).and_then(|name| self.exports.get(&(path[..length].to_vec(), name.clone())));
            match exported {
                Some(target) if *target != path => path = target.iter().chain(&path[length + 1..]).cloned().collect(),
                _ => {
                    return self
                        .files
                        .get_key_value(&path[..length])
                        .map(|(owner, file)| (owner.as_slice(), file.as_str()));
                }
            }
        }
        None
    }

    /// Returns the files that each file uses, without its tests. A module composes its submodules, so those do not count.
    pub(super) fn dependencies<'a>(&'a self, sources: &'a [SourceFile]) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
        let mut dependencies = BTreeMap::new();
        for source in sources.iter().filter(|source| !source.is_test()) {
            let code = source.code_without_tests();
            let declared = use_declarations(code).into_iter().filter(|(_, is_public)| !is_public).map(|(path, _)| path);
            let module = source.module();
            let used = declared.chain(inline_paths(code)).filter_map(|path| self.absolute(&module, &path));
            let defined =
                used.filter_map(|path| self.defining_file(&path)).filter(|(owner, _)| !owner.starts_with(&module));
            dependencies.insert(source.name.as_str(), defined.map(|(_, file)| file).collect());
        }
        dependencies
    }
}

#[test]
fn paths_are_read_from_declarations_and_code() {
    let source =
        "use crate::{clock::Clock, domain::{Error, id::Owner}};\npub use self::column::time as t;\nuse sqlx::Row;";
    let declared: Vec<_> =
        use_declarations(source).into_iter().map(|(path, is_public)| (path.join("::"), is_public)).collect();
    let expected = [
        ("crate::clock::Clock", false),
        ("crate::domain::Error", false),
        ("crate::domain::id::Owner", false),
        ("self::column::time", true),
        ("sqlx::Row", false),
    ];
    assert_eq!(declared, expected.map(|(path, is_public)| (path.to_owned(), is_public)));
    let inline: Vec<_> =
        inline_paths("let x = crate::api::X; y(super::z::f())").iter().map(|path| path.join("::")).collect();
    assert_eq!(inline, ["crate::api::X", "super::z::f"]);
}
