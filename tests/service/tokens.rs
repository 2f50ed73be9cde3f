//! Session tokens: random, new with every sign-in, and without information about the user.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use session_authority::{
    api::CreateRequest,
    clock::ManualClock,
    entropy::{Entropy, EntropyError, SystemEntropy},
};
use tonic::Code;

use super::{
    fixture::{START, TestService, channel_to, error_parts, first_sweep, login_of, try_start_node_with},
    secrets::{contains, secret_of},
};

super::on_every_engine![every_sign_in_gets_a_new_token_of_256_random_bits_that_names_nobody];

async fn every_sign_in_gets_a_new_token_of_256_random_bits_that_names_nobody(service: TestService) {
    const SIGN_INS: usize = 128;
    let user = "annabelle@example.org";
    let mut secrets = HashSet::new();
    for _ in 0..SIGN_INS {
        let token = service.login(user).await.token;
        let bytes = data_encoding::BASE64URL_NOPAD.decode(&token.as_bytes()[3..]).expect("base64url");
        for name in [user, "annabelle", "default", "198.51.100.7"] {
            assert!(!contains(&bytes, name.as_bytes()) && !token.contains(name), "{name} is in the token");
        }
        secrets.insert(secret_of(&token));
    }
    assert_eq!(secrets.len(), SIGN_INS);
    // A random bit has the same value in all of them with a probability of 2 to the power of -127.
    for bit in 0..256 {
        let ones = secrets.iter().filter(|secret| (secret[bit / 8] >> (bit % 8)) & 1 == 1).count();
        assert!((1..SIGN_INS).contains(&ones), "bit {bit} is the same in every token");
    }
}

/// The system's generator, until it fails.
#[derive(Default)]
struct InterruptedEntropy {
    is_failing: AtomicBool,
}

impl Entropy for InterruptedEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if self.is_failing.load(Ordering::Relaxed) {
            return Err(EntropyError("no random bytes".to_owned()));
        }
        SystemEntropy.fill(bytes)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_random_bytes_nobody_signs_in() {
    let directory = tempfile::tempdir().expect("a directory");
    let (clock, entropy) = (Arc::new(ManualClock::new(START)), Arc::new(InterruptedEntropy::default()));
    let node = try_start_node_with(&directory, &[], Arc::clone(&clock) as _, Arc::clone(&entropy) as _).await;
    let node = node.expect("a node");
    first_sweep(&node).await;
    let channel = channel_to(&node).await;
    let service = TestService { node, clock, redis: None, directory, channel };
    let before = service.login("ann").await;

    entropy.is_failing.store(true, Ordering::Relaxed);
    for request_id in ["", "r-1"] {
        let login = CreateRequest { request_id: request_id.to_owned(), ..login_of("ann") };
        let status = service.create(login).await.expect_err("no random bytes");
        assert_eq!(error_parts(&status), (Code::Internal, "INTERNAL".to_owned(), vec![]));
    }
    assert_eq!(service.list("ann").await.len(), 1);
    service.validate(&before.token).await.expect("the earlier session");

    entropy.is_failing.store(false, Ordering::Relaxed);
    service.login("ann").await;
}
