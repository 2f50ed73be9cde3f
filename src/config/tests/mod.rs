mod checks;
mod documented;
mod gateway;
mod layers;
mod policies;
mod secrets;
mod webhooks;

use data_encoding::BASE64;

use super::{Config, ConfigError, ConfigSources};

/// Returns the environment variable of a setting.
fn variable(key: &str) -> String {
    format!("{}{}", ConfigSources::PREFIX, key.replace('.', "__").to_uppercase())
}

/// Returns environment variables with these settings.
fn environment<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    settings.into_iter().map(|(key, value)| (variable(key), value.to_owned())).collect()
}

/// Returns the required settings only.
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

/// Loads the required settings and these.
fn load(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(&complete().with_environment(environment(settings.iter().copied())))
}

/// Returns the error for these settings in an otherwise complete configuration.
fn refusal(settings: &[(&str, &str)]) -> String {
    load(settings).expect_err("must be rejected").to_string()
}
