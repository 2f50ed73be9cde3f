use toml::{Table, Value};

use super::{
    super::{reader::SettingsReader, settings::DEFAULTS},
    *,
};

fn leaves(prefix: &str, table: Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(section) => found.extend(leaves(&key, section)),
            value => found.push((key, value)),
        }
    }
    found
}

fn defaults() -> Vec<(String, Value)> {
    leaves("", DEFAULTS.parse().expect("default.toml"))
}

#[test]
fn every_setting_is_explained_above_it() {
    let mut explained = false;
    let mut settings = 0;
    for line in DEFAULTS.lines() {
        if line.starts_with('#') {
            explained = true;
        } else if line.contains(" = ") {
            assert!(explained, "no comment explains {line}");
            (explained, settings) = (false, settings + 1);
        } else {
            explained = false;
        }
    }
    assert_eq!(settings, defaults().len());
}

#[test]
fn every_setting_is_read_by_something() {
    let mut reader = SettingsReader::new(&complete());
    assert!(Config::read(&mut reader).is_some());
    assert_eq!(reader.unread_keys(), Vec::<String>::new());
}

#[test]
fn every_setting_can_be_given_by_the_environment() {
    let as_text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let every: Vec<_> = defaults().iter().map(|(key, value)| (variable(key), as_text(value))).collect();
    let sources = ConfigSources::default().with_environment(every).with_environment(complete().environment);
    Config::load(&sources).expect("the defaults as texts");
    let shown = super::super::render_effective_config(&sources).expect("shown");
    for (key, _) in defaults() {
        let remark = format!("# environment variable {}", variable(&key));
        assert!(shown.contains(&remark), "{key} was not taken from the environment");
    }
}

/// Returns the configuration with the example that begins with `[section]` in the defaults.
fn load_example(section: &str) -> Config {
    let example: Vec<_> = DEFAULTS
        .lines()
        .skip_while(|line| !line.contains(&format!("[{section}]")))
        .map_while(|line| line.strip_prefix("#  "))
        .collect();
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), example.join("\n")).expect("written");
    Config::load(&complete().with_file(Some(file.path()))).expect("the example")
}

#[test]
fn examples_in_the_defaults_can_be_written() {
    let config = load_example("policies.call-centre");
    let (_, policy) = config.policies.get("call-centre").expect("the policy");
    assert_eq!(policy.max_sessions, 3);
    let config = load_example("gateway.profiles.billing");
    let profile = config.gateway.profile("billing").expect("the profile");
    assert_eq!((profile.roles.len(), profile.min_assurance_level), (2, 2));
}
