//! A store with many sessions, written by the library, because gRPC would take too long.

use std::sync::Arc;

use data_encoding::BASE64;
use session_authority::{
    api::Consistency,
    clock::{Clock, SystemClock},
    domain::{Bucket, InstallationSecret, SessionId, TokenKey, TokenSecret},
    store::{
        BindingId, CreateOutcome, SessionCreation, SessionStore,
        redis::{RedisOptions, RedisSessionStore},
    },
};
use tokio::task::JoinSet;

use super::{
    authority::BenchInstallation,
    check::ValidationCheck,
    session::{login, session},
};

const MAX_IN_FLIGHT: u64 = 256;

/// The keys of the installation, which made the sessions and can make their tokens.
pub struct SeededStore {
    installation: InstallationSecret,
    tokens: TokenKey,
}

impl SeededStore {
    /// Writes `sessions` sessions into the empty store of the installation, before any server has started. Removes
    /// their events, as the relay does.
    pub async fn seed(installation: &BenchInstallation, sessions: u64) -> Self {
        let redis = &installation.redis;
        let filled = Self::from_keys(&installation.keys);
        let bound_to = BindingId::from_installation_secret(&filled.installation);
        let options = RedisOptions { installation: bound_to, ..RedisOptions::default() };
        let store = Arc::new(RedisSessionStore::connect_with(&redis.url(), &options).await.expect("a store"));
        let mut under_way = JoinSet::new();
        for number in 0..sessions {
            if under_way.len() as u64 >= MAX_IN_FLIGHT {
                let outcome = under_way.join_next().await.expect("a task").expect("a creation");
                assert!(matches!(outcome, CreateOutcome::Created { .. }), "a session");
            }
            let (store, creation) = (Arc::clone(&store), filled.creation(number));
            under_way.spawn(async move { store.create(creation).await.expect("an outcome") });
        }
        under_way.join_all().await;
        let mut admin = redis.admin().await;
        let outboxes: Vec<_> = Bucket::all().map(|bucket| format!("sa1:{{{bucket}}}:outbox")).collect();
        redis::cmd("UNLINK").arg(outboxes).exec_async(&mut admin).await.expect("the outboxes removed");
        filled
    }

    /// Returns the token and the ID of the session with that number.
    pub fn token(&self, number: u64) -> (String, String) {
        let session_id = self.id(number);
        (self.tokens.mint(session_id, &secret(number), 0).into_string(), session_id.to_string())
    }

    /// Returns the validation of the session with that number.
    pub fn check(&self, number: u64) -> ValidationCheck {
        let (token, session_id) = self.token(number);
        ValidationCheck::new(&token, &session_id, Consistency::Bounded)
    }

    /// Reads the keys from the `[keys]` section of a configuration.
    fn from_keys(text: &str) -> Self {
        let keys: toml::Table = text.parse().expect("a configuration");
        let of = |name: &str| keys["keys"][name].as_str().expect("a key").to_owned();
        let bytes =
            |text: &str| -> [u8; 32] { BASE64.decode(text.as_bytes()).expect("base64").try_into().expect("32 bytes") };
        let token = of("token");
        let (id, key) = token.split_once(':').expect("an id");
        Self {
            installation: InstallationSecret::new(&bytes(&of("installation"))),
            tokens: TokenKey::new(id.parse().expect("a number"), &bytes(key)),
        }
    }

    fn id(&self, number: u64) -> SessionId {
        session(number, &self.installation, &secret(number), SystemClock.now()).id
    }

    fn creation(&self, number: u64) -> SessionCreation {
        login(session(number, &self.installation, &secret(number), SystemClock.now()))
    }
}

fn secret(number: u64) -> TokenSecret {
    let mut bytes = [9; TokenSecret::BYTES];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    TokenSecret::new(bytes)
}
