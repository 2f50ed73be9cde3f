//! No secret of a session is stored anywhere: not in the store, the audit, the logs or the metrics.

use session_authority::api::{CreateRequest, RevokeRequest, revoke_request::Target};

use super::fixture::{TestService, login_of};

super::on_every_engine![nothing_that_is_kept_opens_a_session];

async fn nothing_that_is_kept_opens_a_session(service: TestService) {
    let mut tokens = Vec::new();
    for n in 0..3 {
        let login = CreateRequest { request_id: format!("r-{n}"), ..login_of("ann") };
        tokens.push(service.create(login).await.expect("a session").token);
        tokens.push(service.login("bob").await.token);
    }
    for token in &tokens {
        service.validate(token).await.expect("an active session");
    }
    let revoked = RevokeRequest { target: Some(Target::Token(tokens[0].clone())), ..RevokeRequest::default() };
    service.sessions().revoke(revoked).await.expect("a response");
    let kept = everything_kept(&service).await;
    // The search is only meaningful if it finds existing data.
    assert!(contains(&kept, b"ann"), "the sessions themselves are found");
    for token in tokens {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(&token.as_bytes()[3..]).expect("a token");
        let secret = &bytes[21..53];
        let forms = [
            token.clone().into_bytes(),
            secret.to_vec(),
            data_encoding::HEXLOWER.encode(secret).into_bytes(),
            data_encoding::BASE64.encode(secret).into_bytes(),
            data_encoding::BASE64URL_NOPAD.encode(secret).into_bytes(),
        ];
        for form in forms {
            assert!(!contains(&kept, &form), "a secret is stored");
        }
    }
}

/// Returns every value in Redis, every file of the node, and the metrics.
async fn everything_kept(service: &TestService) -> Vec<u8> {
    let mut kept = super::management::get(service.node.management, "/metrics").await.1.into_bytes();
    if let Some(redis) = &service.redis {
        let mut admin = redis.admin().await;
        let keys: Vec<Vec<u8>> = ::redis::cmd("KEYS").arg("*").query_async(&mut admin).await.expect("keys");
        for key in keys {
            let dump: Vec<u8> = ::redis::cmd("DUMP").arg(&key).query_async(&mut admin).await.expect("a dump");
            kept.extend(dump);
            kept.extend(key);
        }
    }
    for file in std::fs::read_dir(service.directory.path()).expect("a directory") {
        kept.extend(std::fs::read(file.expect("a file").path()).expect("its contents"));
    }
    kept
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
