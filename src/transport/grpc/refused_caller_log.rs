//! The log of callers that failed authentication.
//!
//! Anyone can cause these messages, so their rate is limited: one a minute for each key whose secret is right, and one
//! in five seconds for all other rejections together.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::throttle::LogThrottle;
use crate::{
    authority::{Authenticator, PresentedKey},
    domain::CallError,
};

const KEY_LOG_INTERVAL: Duration = Duration::from_mins(1);
const UNKNOWN_CALLER_LOG_INTERVAL: Duration = Duration::from_secs(5);
/// Maximum number of keys that are tracked. Further keys are logged like unknown callers.
const MAX_TRACKED_KEYS: usize = 1024;

pub(super) struct RefusedCallerLog {
    keys: Mutex<HashMap<String, LogThrottle>>,
    unknown_callers: LogThrottle,
    /// Rejections of unknown callers that were suppressed since the last message.
    suppressed: AtomicU64,
}

impl Default for RefusedCallerLog {
    fn default() -> Self {
        Self {
            keys: Mutex::default(),
            unknown_callers: LogThrottle::new(UNKNOWN_CALLER_LOG_INTERVAL),
            suppressed: AtomicU64::new(0),
        }
    }
}

impl RefusedCallerLog {
    /// Logs that a caller was rejected because of `error`, unless the rate limit suppresses the message.
    pub(super) fn log_refusal(
        &self,
        authenticator: &dyn Authenticator,
        credential: Option<&str>,
        peer: Option<SocketAddr>,
        error: &CallError,
    ) {
        let CallError::Unauthenticated(reason) = error else { return };
        let PresentedKey { key_id, caller } = authenticator.identify(credential);
        let is_known = match (&key_id, &caller) {
            (Some(key_id), Some(_)) => self.passes(key_id),
            _ => None,
        };
        if !is_known.unwrap_or_else(|| self.unknown_callers.passes()) {
            if is_known.is_none() {
                self.suppressed.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        let (key_id, caller) = (key_id.unwrap_or_default(), caller.unwrap_or_default());
        let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
        let suppressed = if is_known.is_none() { self.suppressed.swap(0, Ordering::Relaxed) } else { 0 };
        tracing::info!(key_id, caller, peer, reason, suppressed, "rejected unauthenticated caller");
    }

    /// Returns whether a message about this key is due, or `None` if too many keys are tracked.
    fn passes(&self, key_id: &str) -> Option<bool> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(throttle) = keys.get(key_id) {
            return Some(throttle.passes());
        }
        if keys.len() >= MAX_TRACKED_KEYS {
            return None;
        }
        let throttle = keys.entry(key_id.to_owned()).or_insert_with(|| LogThrottle::new(KEY_LOG_INTERVAL));
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
    use crate::domain::Caller;

    /// An authenticator that identifies keys beginning with `k`, and rejects all.
    struct RejectingAuthenticator;

    impl Authenticator for RejectingAuthenticator {
        fn authenticate(&self, _: Option<&str>) -> Result<Arc<Caller>, CallError> {
            Err(CallError::Unauthenticated("the API key was revoked"))
        }

        fn identify(&self, credential: Option<&str>) -> PresentedKey {
            let key = credential.and_then(|text| text.split_once('.')).map(|(id, _)| id.to_owned());
            let caller = key.as_ref().filter(|id| id.starts_with('k')).map(|_| "login".to_owned());
            PresentedKey { key_id: key, caller }
        }
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
                let error = RejectingAuthenticator.authenticate(Some(credential)).expect_err("refused");
                let peer = Some("192.0.2.7:4711".parse().expect("an address"));
                refused.log_refusal(&RejectingAuthenticator, Some(credential), peer, &error);
            }
        });
        let text = String::from_utf8(lines.0.lock().expect("lines").clone()).expect("text");
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_refused_caller_is_identified_in_the_log_and_its_secret_is_not() {
        let lines = logged(&["k1.sesame"]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in ["INFO", "key_id=\"k1\"", "caller=\"login\"", "peer=\"192.0.2.7:4711\"", "the API key was revoked"]
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
            assert!(line.contains(&format!("key_id=\"{key}\"")), "{key} in {lines:?}");
        }
    }
}
