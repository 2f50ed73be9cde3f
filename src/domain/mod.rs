//! Sessions: identifiers, tokens, lifetimes, policies, devices, locations, end reasons and errors.
//!
//! The module is pure: it has no I/O, no `async`, no clock and no source of randomness. `now` and random bytes are
//! arguments. It imports no other module of this crate.

pub mod alert;
pub mod auth_event;
mod auth_failure;
pub mod bucket_set;
pub mod caller;
pub mod cause;
pub mod client;
pub mod country;
pub mod data;
pub mod denylist;
pub mod device;
pub mod duration_text;
pub mod ending;
pub mod error;
pub mod event;
pub mod failures;
pub mod history;
pub mod id;
pub mod ip_range;
pub mod limits;
pub mod location;
mod network_class;
mod network_set;
pub mod policy;
pub mod refused_call;
pub mod rejection;
pub mod rotation;
pub mod search;
pub mod session;
pub mod special_purpose;
pub mod spiffe;
pub mod time;
pub mod token;

pub use alert::Alert;
pub use auth_event::AuthEventKind;
pub use auth_failure::AuthFailure;
pub use bucket_set::BucketSet;
pub use caller::{Caller, CallerRole, CredentialUse, TenantScope};
pub use cause::Cause;
pub use client::ClientContext;
pub use data::SessionData;
pub use denylist::{AuditedJwt, DeniedJwt, JwtId, JwtIdDigest};
pub use device::{Device, DeviceType};
pub use ending::{EndReason, SessionEnding};
pub use error::{CallError, FieldViolation, FieldViolations};
pub use event::{Event, EventId, EventKind, EventSubject};
pub use history::LoginHistory;
pub use id::{Bucket, InstallationSecret, Owner, SessionId, TenantId, UserHandle, UserId};
pub use ip_range::IpRange;
pub use location::{GeoIpRecord, Location};
pub use network_class::{NetworkClass, NetworkDirectory};
pub use network_set::{NetworkEntry, NetworkSet};
pub use policy::{LimitAction, Policy, PolicySet};
pub use refused_call::RefusedCalls;
pub use rejection::{RejectReason, TokenRejection};
pub use rotation::{LostAnswer, Rotation, RotationRules, TokenStanding};
pub use session::{Liveness, Record, Session, SessionClock};
pub use special_purpose::is_special_purpose;
pub use spiffe::{CertificateRefusal, SpiffeId, TrustDomain};
pub use time::UnixMillis;
pub use token::{BearerToken, PresentedToken, SecretHash, SessionToken, TokenKey, TokenKeys, TokenSecret};
