//! A small application: sign-in, a protected page, "your devices", and sign-out.

mod pages;

use std::{env, error::Error, time::Duration};

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use session_authority_client::{
    CallError, SessionAuthority, api,
    guard::{self, CurrentSession, RequireSession, Requirements, SessionCookie, SignInError, sign_out},
};
use tower::{Layer as _, make::Shared};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = env::var("SESSION_AUTHORITY_SERVER").unwrap_or_else(|_| "127.0.0.1:50051".to_owned());
    let builder = SessionAuthority::builder(server);
    let authority = match env::var("SESSION_AUTHORITY_API_KEY") {
        Ok(key) => builder.api_key(key).build()?,
        Err(_) => builder.build()?,
    };

    // Everything needs a session, but for the two paths named here. A transfer needs a recent and strong one.
    let transfer = Requirements::default().max_auth_age(Duration::from_mins(5)).min_assurance_level(2);
    let guard = RequireSession::new(authority.clone())
        .public(Method::GET, "/")
        .public(Method::POST, "/sign-in")
        .require("/transfer", transfer);

    let application = Router::new()
        .route("/", get(|| async { Html(pages::SIGN_IN) }))
        .route("/sign-in", post(sign_in))
        .route("/account", get(account))
        .route("/transfer", get(|| async { Html("<h1>Transfer</h1>") }))
        .route("/devices", get(devices))
        .route("/devices/{session_id}/sign-out", post(sign_out_device))
        .route("/sign-out", post(sign_out_here))
        .with_state(authority);

    let port: u16 = env::var("PORT").unwrap_or_else(|_| "8005".to_owned()).parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, Shared::new(guard.layer(application))).await?;
    Ok(())
}

#[derive(serde::Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

async fn sign_in(
    State(authority): State<SessionAuthority>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Response, ExampleFailure> {
    // Check the password of your user here.
    if credentials.password != "demo" {
        return Ok((StatusCode::UNAUTHORIZED, Html(pages::SIGN_IN)).into_response());
    }
    let request = api::CreateRequest {
        user_id: credentials.user,
        auth_methods: vec!["pwd".to_owned()],
        assurance_level: 1,
        ..Default::default()
    };
    let signed_in = guard::sign_in(&authority, &headers, &SessionCookie::default(), request).await?;
    let cookies = signed_in.cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), Redirect::to("/account")).into_response())
}

async fn account(session: CurrentSession) -> Html<String> {
    Html(pages::account(&session.user_id))
}

async fn devices(
    State(authority): State<SessionAuthority>,
    session: CurrentSession,
) -> Result<Html<String>, ExampleFailure> {
    let request = api::ListRequest {
        tenant_id: session.tenant_id.clone(),
        user_id: session.user_id.clone(),
        current_session_id: session.session_id.clone(),
    };
    Ok(Html(pages::devices(&authority.list(request).await?)))
}

async fn sign_out_device(
    State(authority): State<SessionAuthority>,
    session: CurrentSession,
    Path(session_id): Path<String>,
) -> Result<Redirect, ExampleFailure> {
    let request = api::RevokeRequest {
        tenant_id: session.tenant_id.clone(),
        // Nobody can end the session of another user.
        user_id: session.user_id.clone(),
        target: Some(api::revoke_request::Target::SessionId(session_id)),
        reason: "signed out from another device".to_owned(),
        ..Default::default()
    };
    authority.revoke(request).await?;
    Ok(Redirect::to("/devices"))
}

async fn sign_out_here(
    State(authority): State<SessionAuthority>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ExampleFailure> {
    let deletion = sign_out(&authority, &headers, &SessionCookie::default()).await?;
    Ok(([(header::SET_COOKIE, deletion)], Redirect::to("/")))
}

/// The reason why a request failed.
enum ExampleFailure {
    /// A page of another site sent it.
    CrossSite,
    /// The authority did not answer, or refused the call.
    Unavailable,
}

impl From<SignInError> for ExampleFailure {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::CrossSite => Self::CrossSite,
            SignInError::Call(_) => Self::Unavailable,
        }
    }
}

impl From<CallError> for ExampleFailure {
    fn from(_: CallError) -> Self {
        Self::Unavailable
    }
}

impl IntoResponse for ExampleFailure {
    fn into_response(self) -> Response {
        match self {
            Self::CrossSite => (StatusCode::FORBIDDEN, "the request comes from another site\n").into_response(),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], "try again in a moment\n")
                    .into_response()
            }
        }
    }
}
