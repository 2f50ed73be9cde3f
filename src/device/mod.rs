//! Device descriptions by which people recognise a session: "Safari on iPhone", "Chrome on Windows".
//!
//! A user agent is a claim and nothing more. A description therefore serves for display and for comparing one visit
//! with another, never for granting access. Two claims are known to be wrong and cannot be corrected from the user
//! agent alone. Safari on an iPad that requests desktop sites claims to be on a Mac. System versions are frozen (macOS
//! at 10.15, Windows at 10, Android at 10), so a description contains none.
//!
//! - `definitions` parses a user agent with the pinned definitions of the uap-core project
//! - `rules` parses it without them, in case they do not load
//! - `clients` recognises programs that are not browsers: HTTP and gRPC libraries, monitors, bots
//! - `vocabulary`, `hardware` and `naming` turn the result into words for people
//! - `description_cache` caches recent descriptions, `id` derives a device ID for callers that have none

mod clients;
mod definitions;
mod description;
mod description_cache;
mod hardware;
mod id;
mod naming;
mod rules;
mod text;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::description::{DeviceDescription, FormFactor};
pub use self::id::derive_id;
pub use self::text::USER_AGENT_LIMIT;

use self::definitions::{EMBEDDED_DEFINITIONS, LazyDefinitions, UserAgentDefinitions};
use self::description_cache::DescriptionCache;

/// Maximum number of cached descriptions: about 5 MiB if every user agent has the maximum length.
const CACHED_DESCRIPTIONS: usize = 4096;

/// Describes devices by their user agent. Clones share one cache of recent descriptions; the whole process shares the
/// definitions.
///
/// Nothing here fails: a user agent that reveals nothing gives [`DeviceDescription::default`], and without definitions
/// the common browsers and systems are still named.
#[derive(Clone)]
pub struct DeviceNamer {
    definitions: &'static LazyDefinitions,
    cache: Arc<DescriptionCache>,
}

impl DeviceNamer {
    /// Creates a namer at no cost: the definitions load with the first description that needs them, or at
    /// [`load`](Self::load). Programs that are not browsers are described without them.
    #[must_use]
    pub fn new() -> Self {
        Self::with_definitions(&EMBEDDED_DEFINITIONS)
    }

    fn with_definitions(library: &'static LazyDefinitions) -> Self {
        Self { definitions: library, cache: Arc::new(DescriptionCache::with_capacity(CACHED_DESCRIPTIONS)) }
    }

    /// Loads the definitions on the blocking pool, so that no login has to wait for them. Returns `false` if they could
    /// not be loaded, which has been logged; descriptions then follow the built-in rules.
    pub async fn load(&self) -> bool {
        self.definitions.load_on_blocking_pool().await.is_some()
    }

    /// Describes the device that sent `user_agent`, of which the first [`USER_AGENT_LIMIT`] bytes count.
    ///
    /// The first browser or app in a process waits for the definitions to load on the blocking pool. Later calls take
    /// microseconds and never wait.
    pub async fn describe(&self, user_agent: &str) -> DeviceDescription {
        let user_agent = text::sanitize(user_agent);
        if let Some(known) = self.find_known(&user_agent) {
            return known;
        }
        let definitions = self.definitions.load_on_blocking_pool().await;
        self.parse(&user_agent, definitions)
    }

    /// Describes a device like [`describe`](Self::describe), for callers outside the async runtime. Definitions that
    /// are not loaded yet are loaded on the calling thread.
    #[must_use]
    pub fn describe_blocking(&self, user_agent: &str) -> DeviceDescription {
        let user_agent = text::sanitize(user_agent);
        self.find_known(&user_agent).unwrap_or_else(|| self.parse(&user_agent, self.definitions.get_or_compile()))
    }

    fn find_known(&self, user_agent: &str) -> Option<DeviceDescription> {
        match self.cache.get(user_agent) {
            Some(remembered) => Some(DeviceDescription::clone(&remembered)),
            None => naming::describe_without_definitions(user_agent),
        }
    }

    fn parse(&self, user_agent: &str, definitions: Option<&UserAgentDefinitions>) -> DeviceDescription {
        let description = naming::describe_with_definitions(user_agent, definitions);
        // An interrupted load must not leave poorer names in the cache.
        if definitions.is_some() {
            self.cache.insert(user_agent, Arc::new(description.clone()));
        }
        description
    }
}

impl Default for DeviceNamer {
    fn default() -> Self {
        Self::new()
    }
}
