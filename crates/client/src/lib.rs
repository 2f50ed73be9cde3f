//! A client of [session-authority](https://github.com/session-authority/session-authority), the service that says who
//! is signed in.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use session_authority_client::{SessionAuthority, ValidateError, Validation};
//!
//! let authority = SessionAuthority::builder("127.0.0.1:50051").api_key("sk_…").build()?;
//! match authority.validate(Validation::new("sa_…")).await {
//!     Ok(session) => println!("signed in: {}", session.user_id),
//!     Err(ValidateError::Rejected(rejected)) => println!("signed out: {:?}", rejected.reason),
//!     Err(ValidateError::StepUpRequired(_)) => println!("the user must authenticate again"),
//!     Err(ValidateError::NoVerdict(error)) => println!("unknown, answer with 503: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! To protect a whole service, wrap it in [`guard::RequireSession`] (HTTP) or [`guard::RequireSessionForGrpc`].
//!
//! - Every call has a deadline, which covers all its attempts: 1 second for validations, 2 seconds for other calls and
//!   35 seconds for administrative ones. [`SessionAuthority::with_deadline`] sets another.
//! - A call that fails as UNAVAILABLE is repeated twice at most, if that is safe. See each method.
//! - A [`SessionToken`] does not appear in the output of `Debug` or `Display`.

mod alerts;
pub mod api;
mod builder;
mod cache;
mod call;
mod client;
mod consume;
mod error;
pub mod guard;
mod notifications;
mod token;
mod validate;
mod validate_many;
mod webhooks;

pub use self::{
    alerts::{AlertItem, AlertStream},
    builder::{ClientBuilder, TlsOptions},
    cache::CacheOptions,
    client::{CreatedSession, RotatedSession, SessionAuthority, UpdatedSession},
    consume::{ConsumeFailure, ConsumeOptions},
    error::{
        CallError, CallFailure, ConfigurationError, FieldViolation, NoVerdict, Rejected, StepUpRequired, ValidateError,
    },
    notifications::Notifications,
    token::SessionToken,
    validate::{ValidatedSession, Validation, Verdict},
    webhooks::Webhooks,
};
