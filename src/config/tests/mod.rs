mod checks;
mod documented;
mod layers;
mod policies;
mod secrets;

use data_encoding::BASE64;

use super::{Config, ConfigError, ConfigSources};

/// The variable of a setting.
fn variable(key: &str) -> String {
    format!("{}{}", ConfigSources::PREFIX, key.replace('.', "__").to_uppercase())
}

/// Variables that give these settings.
fn environment<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    settings.into_iter().map(|(key, value)| (variable(key), value.to_owned())).collect()
}

/// What a server cannot do without, and nothing else.
fn required() -> Vec<(&'static str, String)> {
    vec![
        ("store.url", "redis://127.0.0.1:6379".to_owned()),
        ("audit.url", "none".to_owned()),
        ("keys.installation", BASE64.encode(&[7; 32])),
        ("keys.token", format!("1:{}", BASE64.encode(&[8; 32]))),
        ("callers.anonymous", "true".to_owned()),
    ]
}

fn complete() -> ConfigSources {
    let required = required();
    let required = required.iter().map(|(key, value)| (*key, value.as_str()));
    ConfigSources::default().with_environment(environment(required))
}

/// A configuration that is complete but for these settings.
fn load(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(&complete().with_environment(environment(settings.iter().copied())))
}

/// What is said of these settings in a configuration that is complete otherwise.
fn refusal(settings: &[(&str, &str)]) -> String {
    load(settings).expect_err("must be refused").to_string()
}
