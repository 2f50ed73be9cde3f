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

use crate::{
    authority::{Authenticator, PresentedCredentials, PresentedIdentity},
    domain::CallError,
    transport::throttle::LogThrottle,
};

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
    /// Logs that a caller was rejected because of `error`, unless the rate limit suppresses the message.
    pub(super) fn log_refusal(
        &self,
        authenticator: &dyn Authenticator,
        credentials: PresentedCredentials<'_>,
        peer: Option<SocketAddr>,
        error: &CallError,
    ) {
        let CallError::Unauthenticated(reason) = error else { return };
        let PresentedIdentity { credential, caller } = authenticator.identify(credentials);
        let is_known = match (&credential, &caller) {
            (Some(credential), Some(_)) => self.passes(credential),
            _ => None,
        };
        if !is_known.unwrap_or_else(|| self.unknown_callers.passes()) {
            if is_known.is_none() {
                self.suppressed.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        let (credential, caller) = (credential.unwrap_or_default(), caller.unwrap_or_default());
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
    use crate::domain::Caller;

    /// An authenticator that identifies keys beginning with `k`, and rejects all.
    struct RejectingAuthenticator;

    impl Authenticator for RejectingAuthenticator {
        fn authenticate(&self, _: PresentedCredentials<'_>) -> Result<Arc<Caller>, CallError> {
            Err(CallError::Unauthenticated("the API key was revoked"))
        }

        fn identify(&self, credentials: PresentedCredentials<'_>) -> PresentedIdentity {
            let key = credentials.key.and_then(|text| text.split_once('.')).map(|(id, _)| id.to_owned());
            let caller = key.as_ref().filter(|id| id.starts_with('k')).map(|_| "login".to_owned());
            PresentedIdentity { credential: key, caller }
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
                let credentials = PresentedCredentials { key: Some(credential), certificate: None };
                let error = RejectingAuthenticator.authenticate(credentials).expect_err("refused");
                let peer = Some("192.0.2.7:4711".parse().expect("an address"));
                refused.log_refusal(&RejectingAuthenticator, credentials, peer, &error);
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
