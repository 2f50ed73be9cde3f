//! What a person recognises a session by: "Safari on iPhone", "Chrome on Windows".
//!
//! A user agent is a claim and nothing more, so a description is for showing and for comparing
//! one visit with another, never for granting anything. Two claims are known to be wrong and
//! cannot be corrected from the user agent alone: Safari on an iPad that asks for desktop sites says that it is on a
//! Mac, and system versions are frozen (macOS at 10.15, Windows at 10, Android at 10), which is
//! why no system version is told.
//!
//! - `definitions` reads a user agent with the pinned definitions of the uap-core project
//! - `rules` reads it without them, should they not load
//! - `clients` knows programs that are not browsers: HTTP and gRPC libraries, monitors, bots
//! - `vocabulary`, `hardware` and `naming` turn what was read into words for people
//! - `memory` keeps recent descriptions, `id` derives a device id for callers that have none

mod clients;
mod definitions;
mod description;
mod hardware;
mod id;
mod memory;
mod naming;
mod rules;
mod text;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::description::{Description, Kind};
pub use self::id::derive_id;
pub use self::text::USER_AGENT_LIMIT;

use self::definitions::{Definitions, EMBEDDED, Library};
use self::memory::Memory;

/// Descriptions kept: at most about 5 MiB if every user agent is as long as allowed.
const KEPT_DESCRIPTIONS: usize = 4096;

/// Describes devices by their user agent. Clones share one memory of recent descriptions; the
/// definitions are shared by the whole process.
///
/// Nothing here fails: a user agent that says nothing gives [`Description::default`], and
/// without definitions the common browsers and systems are still named.
#[derive(Clone)]
pub struct DeviceNamer {
    library: &'static Library,
    memory: Arc<Memory>,
}

impl DeviceNamer {
    /// Costs nothing yet: the definitions load with the first description that needs them, or at
    /// [`load`](Self::load). Programs that are not browsers are described without.
    #[must_use]
    pub fn new() -> Self {
        Self::reading(&EMBEDDED)
    }

    fn reading(library: &'static Library) -> Self {
        Self { library, memory: Arc::new(Memory::holding(KEPT_DESCRIPTIONS)) }
    }

    /// Loads the definitions on the blocking pool, so that no login has to wait for them.
    /// `false` when they could not be loaded, which has been logged; descriptions then follow
    /// the built-in rules.
    pub async fn load(&self) -> bool {
        self.library.open_off_runtime().await.is_some()
    }

    /// Describes the device that sent `user_agent`, of which the first [`USER_AGENT_LIMIT`] bytes
    /// count.
    ///
    /// The first browser or app in a process waits for the definitions to load on the blocking
    /// pool; what comes later takes microseconds and never waits.
    pub async fn describe(&self, user_agent: &str) -> Description {
        let user_agent = text::cleaned(user_agent);
        if let Some(known) = self.known(&user_agent) {
            return known;
        }
        let definitions = self.library.open_off_runtime().await;
        self.read(&user_agent, definitions)
    }

    /// As [`describe`](Self::describe), for callers outside the async runtime: definitions that
    /// have yet to load do so on the calling thread.
    #[must_use]
    pub fn describe_blocking(&self, user_agent: &str) -> Description {
        let user_agent = text::cleaned(user_agent);
        self.known(&user_agent).unwrap_or_else(|| self.read(&user_agent, self.library.open()))
    }

    fn known(&self, user_agent: &str) -> Option<Description> {
        match self.memory.recall(user_agent) {
            Some(remembered) => Some(Description::clone(&remembered)),
            None => naming::at_sight(user_agent),
        }
    }

    fn read(&self, user_agent: &str, definitions: Option<&Definitions>) -> Description {
        let description = naming::by_reading(user_agent, definitions);
        // A load that was only interrupted must not leave poorer names behind.
        if definitions.is_some() {
            self.memory.keep(user_agent, Arc::new(description.clone()));
        }
        description
    }
}

impl Default for DeviceNamer {
    fn default() -> Self {
        Self::new()
    }
}
