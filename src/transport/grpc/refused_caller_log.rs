//! The log of callers that failed authentication.
//!
//! Anyone can cause these messages, so their rate is limited: one a minute for each key whose secret is right and for
//! each listed SPIFFE ID, and one in five seconds for all other rejections together.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{authority::PresentedIdentity, transport::throttle::LogThrottle};

const CREDENTIAL_LOG_INTERVAL: Duration = Duration::from_mins(1);
const UNKNOWN_CALLER_LOG_INTERVAL: Duration = Duration::from_secs(5);
/// Maximum number of credentials that are tracked. Further ones are logged like unknown callers.
const MAX_TRACKED_CREDENTIALS: usize = 1024;

pub(super) struct RefusedCallerLog {
    credentials: Mutex<HashMap<String, LogThrottle>>,
    unknown_callers: LogThrottle,
    /// Rejections of unknown callers that were suppressed since the last message.
    suppressed: AtomicU64,
}

impl Default for RefusedCallerLog {
    fn default() -> Self {
        Self {
            credentials: Mutex::default(),
            unknown_callers: LogThrottle::new(UNKNOWN_CALLER_LOG_INTERVAL),
            suppressed: AtomicU64::new(0),
        }
    }
}

impl RefusedCallerLog {
    /// Logs that a caller was rejected for `reason`, unless the rate limit suppresses the message.
    pub(super) fn log_refusal(&self, identity: &PresentedIdentity, peer: Option<SocketAddr>, reason: &str) {
        let PresentedIdentity { credential, caller } = identity;
        let is_known = match (credential, caller) {
            (Some(credential), Some(_)) => self.passes(credential),
            _ => None,
        };
        if !is_known.unwrap_or_else(|| self.unknown_callers.passes()) {
            if is_known.is_none() {
                self.suppressed.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        let (credential, caller) = (credential.as_deref().unwrap_or_default(), caller.as_deref().unwrap_or_default());
        let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
        let suppressed = if is_known.is_none() { self.suppressed.swap(0, Ordering::Relaxed) } else { 0 };
        tracing::info!(credential, caller, peer, reason, suppressed, "rejected unauthenticated caller");
    }

    /// Returns whether a message about this credential is due, or `None` if too many are tracked.
    fn passes(&self, credential: &str) -> Option<bool> {
        let mut credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(throttle) = credentials.get(credential) {
            return Some(throttle.passes());
        }
        if credentials.len() >= MAX_TRACKED_CREDENTIALS {
            return None;
        }
        let throttle =
            credentials.entry(credential.to_owned()).or_insert_with(|| LogThrottle::new(CREDENTIAL_LOG_INTERVAL));
        Some(throttle.passes())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Arc,
    };

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// Returns the identity of a key. One that begins with `k` is known.
    fn identify(key: &str) -> PresentedIdentity {
        let credential = key.split_once('.').map(|(id, _)| id.to_owned());
        let caller = credential.as_ref().filter(|id| id.starts_with('k')).map(|_| "login".to_owned());
        PresentedIdentity { credential, caller }
    }

    #[derive(Clone, Default)]
    struct LogCapture(Arc<Mutex<Vec<u8>>>);

    impl Write for LogCapture {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("lines").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for LogCapture {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// Returns the log lines that rejections of these credentials cause.
    fn logged(credentials: &[&str]) -> Vec<String> {
        let lines = LogCapture::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(lines.clone()).finish();
        let refused = RefusedCallerLog::default();
        tracing::subscriber::with_default(subscriber, || {
            for credential in credentials {
                let peer = Some("192.0.2.7:4711".parse().expect("an address"));
                refused.log_refusal(&identify(credential), peer, "the API key was revoked");
            }
        });
        let text = String::from_utf8(lines.0.lock().expect("lines").clone()).expect("text");
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_refused_caller_is_identified_in_the_log_and_its_secret_is_not() {
        let lines = logged(&["k1.sesame"]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in
            ["INFO", "credential=\"k1\"", "caller=\"login\"", "peer=\"192.0.2.7:4711\"", "the API key was revoked"]
        {
            assert!(lines[0].contains(part), "{part} in {lines:?}");
        }
        assert!(!lines[0].contains("sesame"), "{lines:?}");
    }

    #[test]
    fn each_known_key_has_a_line_and_strangers_share_one() {
        let lines = logged(&["x1.a", "x2.a", "k1.a", "k1.b", "k2.a", "x3.a", "nonsense"]);
        let keys = ["x1", "k1", "k2"];
        assert_eq!(lines.len(), keys.len(), "{lines:?}");
        for (line, key) in lines.iter().zip(keys) {
            assert!(line.contains(&format!("credential=\"{key}\"")), "{key} in {lines:?}");
        }
    }
}
