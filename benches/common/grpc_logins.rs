//! Sessions of many users, signed in over gRPC.

use prost::{Message, bytes::Bytes};
use session_authority::api::{ClientContext, CreateRequest, CreateResponse, Session};

use super::{
    call_batch,
    connection::{GrpcConnection, GrpcMethod, encode_frame},
    session::{SESSIONS_PER_USER, USER_AGENT},
};

const IN_FLIGHT: usize = 32;

/// A token, and its session.
pub struct SignedInSession {
    pub token: String,
    pub session: Session,
}

/// Returns the logins of `number` sessions, three per user.
pub fn logins(number: u64) -> Vec<Bytes> {
    (0..number).map(|number| encode_frame(&login(number / SESSIONS_PER_USER, client(number)))).collect()
}

/// Signs in `number` sessions, on the node of the method `create`.
pub async fn sign_in(create: &GrpcMethod, connections: &[GrpcConnection], number: u64) -> Vec<SignedInSession> {
    sign_in_with(create, connections, logins(number)).await
}

/// Signs in with these logins.
pub async fn sign_in_with(
    create: &GrpcMethod,
    connections: &[GrpcConnection],
    logins: Vec<Bytes>,
) -> Vec<SignedInSession> {
    let (answers, _) = call_batch::run(create, connections, IN_FLIGHT, logins).await;
    answers.into_iter().map(decode_created).collect()
}

fn decode_created(answer: Bytes) -> SignedInSession {
    let created = CreateResponse::decode(answer).expect("a response of Create");
    SignedInSession { token: created.token, session: created.session.expect("a session") }
}

/// Returns the user with that number.
pub fn user_id(number: u64) -> String {
    format!("user-{number:08}")
}

/// Returns the client of the login with that number.
pub fn client(number: u64) -> ClientContext {
    ClientContext {
        ip: format!("198.51.100.{}", number % 256),
        user_agent: USER_AGENT.to_owned(),
        device_id: format!("d_{number:026}"),
        country: "BR".to_owned(),
        ..ClientContext::default()
    }
}

/// Returns the login of a user on a client.
pub fn login(user: u64, client: ClientContext) -> CreateRequest {
    let user_id = user_id(user);
    CreateRequest {
        email: format!("{user_id}@example.com"),
        user_id,
        roles: vec!["user".to_owned()],
        client: Some(client),
        auth_methods: vec!["pwd".to_owned()],
        assurance_level: 1,
        ..CreateRequest::default()
    }
}
