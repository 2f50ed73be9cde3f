use std::sync::OnceLock;

use thiserror::Error;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use ua_parser::{Extractor, Regexes};

use super::text::leading_version;

/// The definitions shipped with the program. `data/user-agents/README.md` states their origin.
pub(super) static EMBEDDED_DEFINITIONS: LazyDefinitions =
    LazyDefinitions::new(include_bytes!("../../data/user-agents/regexes.json"));

/// The claims of a user agent, in the words of uap-core. A text is empty if the user agent claims nothing.
#[derive(Debug, Default)]
pub(super) struct ParsedUserAgent {
    pub browser: String,
    pub browser_major: String,
    pub os: String,
    pub brand: String,
    pub model: String,
}

/// Definitions that are compiled on first use. This takes a tenth of a second and about thirty megabytes, too much for
/// programs that need none and for a thread of the async runtime. A node compiles them before it serves.
pub(super) struct LazyDefinitions {
    json: &'static [u8],
    compiled: OnceLock<Option<UserAgentDefinitions>>,
    loading: Mutex<()>,
}

impl LazyDefinitions {
    pub(super) const fn new(json: &'static [u8]) -> Self {
        Self { json, compiled: OnceLock::new(), loading: Mutex::const_new(()) }
    }

    /// Returns the compiled definitions, or `None` if they are unusable, which is logged once. The first call compiles
    /// them on the calling thread, and concurrent calls block.
    pub(super) fn get_or_compile(&self) -> Option<&UserAgentDefinitions> {
        self.compiled
            .get_or_init(|| match UserAgentDefinitions::compile(self.json) {
                Ok(definitions) => Some(definitions),
                Err(error) => {
                    tracing::error!(
                        %error,
                        "failed to load user-agent definitions; falling back to built-in rules"
                    );
                    None
                }
            })
            .as_ref()
    }

    /// Returns the compiled definitions like [`get_or_compile`](Self::get_or_compile), but compiles them on the
    /// blocking pool. There one load occupies one thread, however many callers wait. Also returns `None` if the runtime
    /// shuts down meanwhile.
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
    #[error("invalid JSON form of uap-core's regexes: {0}")]
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
