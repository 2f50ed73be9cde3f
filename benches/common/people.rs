//! Sessions of many users, signed in over gRPC.

use prost::{Message, bytes::Bytes};
use session_authority::api::{ClientContext, CreateRequest, CreateResponse, Session};

use super::{
    connection::{Connection, Method, framed},
    each_once,
    session::{PER_USER, USER_AGENT},
};

const IN_FLIGHT: usize = 32;

/// A token, and what it opens.
pub struct SignedIn {
    pub token: String,
    pub session: Session,
}

/// The logins of `number` sessions, three a user.
pub fn logins(number: u64) -> Vec<Bytes> {
    (0..number).map(|number| framed(&login(number))).collect()
}

/// Signs them in, at the node that has this method Create.
pub async fn sign_in(create: &Method, connections: &[Connection], number: u64) -> Vec<SignedIn> {
    let (answers, _) = each_once::run(create, connections, IN_FLIGHT, logins(number)).await;
    answers.into_iter().map(signed_in).collect()
}

fn signed_in(answer: Bytes) -> SignedIn {
    let created = CreateResponse::decode(answer).expect("an answer of Create");
    SignedIn { token: created.token, session: created.session.expect("a session") }
}

/// The user of that number.
pub fn user(number: u64) -> String {
    format!("user-{number:08}")
}

fn login(number: u64) -> CreateRequest {
    let user_id = user(number / PER_USER);
    let client = ClientContext {
        ip: format!("198.51.100.{}", number % 256),
        user_agent: USER_AGENT.to_owned(),
        device_id: format!("d_{number:026}"),
        country: "BR".to_owned(),
        ..ClientContext::default()
    };
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
