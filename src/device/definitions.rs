use std::sync::OnceLock;

use thiserror::Error;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use ua_parser::{Extractor, Regexes};

use super::text::leading_version;

/// The definitions shipped with the program; where they come from is said in
/// `data/user-agents/README.md`.
pub(super) static EMBEDDED_DEFINITIONS: LazyDefinitions =
    LazyDefinitions::new(include_bytes!("../../data/user-agents/regexes.json"));

/// What a user agent claims, in the words of uap-core; empty where it claims nothing.
#[derive(Debug, Default)]
pub(super) struct ParsedUserAgent {
    pub browser: String,
    pub browser_major: String,
    pub os: String,
    pub brand: String,
    pub model: String,
}

/// Definitions that are compiled when first asked for: that takes a tenth of a second and some
/// thirty megabytes, too much for a start and for a thread of the async runtime.
pub(super) struct LazyDefinitions {
    json: &'static [u8],
    compiled: OnceLock<Option<UserAgentDefinitions>>,
    loading: Mutex<()>,
}

impl LazyDefinitions {
    pub(super) const fn new(json: &'static [u8]) -> Self {
        Self { json, compiled: OnceLock::new(), loading: Mutex::const_new(()) }
    }

    /// The compiled definitions, or `None` if they are unusable, which is logged once. The first
    /// call does the work on the calling thread, and whoever comes meanwhile blocks.
    pub(super) fn get_or_compile(&self) -> Option<&UserAgentDefinitions> {
        self.compiled
            .get_or_init(|| match UserAgentDefinitions::compile(self.json) {
                Ok(definitions) => Some(definitions),
                Err(error) => {
                    tracing::error!(%error, "user-agent definitions did not load; devices are named by built-in rules");
                    None
                }
            })
            .as_ref()
    }

    /// As [`open`](Self::open), with the work done on the blocking pool, where one load occupies
    /// one thread however many callers wait. `None` also if the runtime shuts down meanwhile.
    pub(super) async fn load_on_blocking_pool(&'static self) -> Option<&'static UserAgentDefinitions> {
        if let Some(compiled) = self.compiled.get() {
            return compiled.as_ref();
        }
        let _guard = self.loading.lock().await;
        if let Some(compiled) = self.compiled.get() {
            return compiled.as_ref();
        }
        spawn_blocking(|| self.get_or_compile()).await.ok().flatten()
    }
}

#[cfg(test)]
impl LazyDefinitions {
    pub(super) fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }
}

/// Compiled definitions.
pub(super) struct UserAgentDefinitions(Extractor<'static>);

#[derive(Debug, Error)]
pub(super) enum DefinitionsError {
    #[error("not the JSON form of uap-core's regexes: {0}")]
    Syntax(#[from] serde_json::Error),
    #[error("a definition does not compile: {0}")]
    Pattern(#[from] ua_parser::Error),
}

impl UserAgentDefinitions {
    pub(super) fn compile(json: &[u8]) -> Result<Self, DefinitionsError> {
        let regexes: Regexes<'static> = serde_json::from_slice(json)?;
        Ok(Self(Extractor::try_from(regexes)?))
    }

    pub(super) fn parse(&self, user_agent: &str) -> ParsedUserAgent {
        let (browser, os, device) = self.0.extract(user_agent);
        let (browser, os, device) = (browser.unwrap_or_default(), os.unwrap_or_default(), device.unwrap_or_default());
        ParsedUserAgent {
            browser_major: leading_version(browser.major.unwrap_or_default()).to_owned(),
            browser: browser.family.into_owned(),
            os: os.os.into_owned(),
            brand: device.brand.unwrap_or_default().into_owned(),
            model: device.model.unwrap_or_default().into_owned(),
        }
    }
}
