//! No secret of a session is stored or returned anywhere: not in the store, the audit or the metrics, and in no response
//! but those that issue a token.

use prost::Message;
use prost_types::FieldMask;
use session_authority::api::{
    CreateRequest, ListEventsRequest, ListRequest, RevokeRequest, RotateRequest, SearchSessionsRequest, Session,
    UpdateRequest, ValidateRequest, revoke_request::Target,
};
use sha2::{Digest, Sha256};

use super::{
    admin::store_dump::redis_dumps,
    fixture::{TestService, eventually, id_of, login_of},
};

super::on_every_engine![nothing_that_is_kept_opens_a_session, only_create_returns_a_secret];

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
    for position in [1, 2] {
        let request = RotateRequest { token: tokens[position].clone(), ..RotateRequest::default() };
        let rotated = service.sessions().rotate(request).await.expect("a verdict").into_inner().token;
        service.validate(&rotated).await.expect("an active session");
        tokens.push(rotated);
    }
    let revoked = RevokeRequest { target: Some(Target::Token(tokens[0].clone())), ..RevokeRequest::default() };
    service.sessions().revoke(revoked).await.expect("a response");
    let kept = everything_kept(&service).await;
    // The search is only meaningful if it finds existing data.
    assert!(contains(&kept, b"ann"), "the sessions themselves are found");
    for token in tokens {
        for form in forms_of_secret(&token) {
            assert!(!contains(&kept, &form), "a secret is stored");
        }
    }
}

async fn only_create_returns_a_secret(service: TestService) {
    let mut created = service.login("ann").await;
    let token = std::mem::take(&mut created.token);
    let id = id_of(&created);
    let validation = ValidateRequest { token: token.clone(), ..ValidateRequest::default() };
    let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    let update = UpdateRequest {
        session_id: id.clone(),
        session: Some(Session { email: "ann@example.org".to_owned(), ..Session::default() }),
        update_mask: Some(FieldMask { paths: vec!["email".to_owned()] }),
        ..UpdateRequest::default()
    };
    let revoke = RevokeRequest { target: Some(Target::Token(token.clone())), ..RevokeRequest::default() };
    let events = ListEventsRequest::default();
    let search = SearchSessionsRequest::default();

    let (mut sessions, mut admin) = (service.sessions(), service.admin());
    let responses = [
        created.encode_to_vec(),
        sessions.validate(validation.clone()).await.expect("a verdict").into_inner().encode_to_vec(),
        sessions.list(list).await.expect("a list").into_inner().encode_to_vec(),
        sessions.update(update).await.expect("an update").into_inner().encode_to_vec(),
        sessions.revoke(revoke).await.expect("a revocation").into_inner().encode_to_vec(),
        sessions.validate(validation).await.expect("a verdict").into_inner().encode_to_vec(),
    ];
    eventually("the audit has the sign-in, the update and the end", || async {
        service.admin().list_events(events.clone()).await.expect("events").into_inner().events.len() == 3
    })
    .await;
    let recorded = [
        admin.list_events(events).await.expect("events").into_inner().encode_to_vec(),
        admin.search_sessions(search).await.expect("sessions").into_inner().encode_to_vec(),
    ];
    let digest = Sha256::digest(secret_of(&token)).to_vec();
    let forms: Vec<_> = forms_of_secret(&token).into_iter().chain([digest]).collect();
    for response in responses.iter().chain(&recorded) {
        // The search is only meaningful if it finds what a response contains.
        assert!(contains(response, id.as_bytes()), "the session ID is found");
        assert!(!forms.iter().any(|form| contains(response, form)), "a secret or its digest is returned");
    }
}

/// Returns the secret part of a token.
pub fn secret_of(token: &str) -> [u8; 32] {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(&token.as_bytes()[3..]).expect("a token");
    bytes[21..53].try_into().expect("32 bytes")
}

/// Returns the forms in which a token or its secret part could be stored.
fn forms_of_secret(token: &str) -> [Vec<u8>; 5] {
    let secret = &secret_of(token);
    [
        token.as_bytes().to_vec(),
        secret.to_vec(),
        data_encoding::HEXLOWER.encode(secret).into_bytes(),
        data_encoding::BASE64.encode(secret).into_bytes(),
        data_encoding::BASE64URL_NOPAD.encode(secret).into_bytes(),
    ]
}

/// Returns every value in Redis, every file of the node, and the metrics.
async fn everything_kept(service: &TestService) -> Vec<u8> {
    let mut kept = super::management::get(service.node.management, "/metrics").await.1.into_bytes();
    if let Some(redis) = &service.redis {
        kept.extend(redis_dumps(redis.admin().await).await);
    }
    for file in std::fs::read_dir(service.directory.path()).expect("a directory") {
        kept.extend(std::fs::read(file.expect("a file").path()).expect("its contents"));
    }
    kept
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
