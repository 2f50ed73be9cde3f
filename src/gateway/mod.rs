//! Decisions about the requests of gateways: whether a client's request may pass, and with which headers.
//!
//! A gateway asks about each request before it forwards it, by Envoy's external authorization protocol or by an HTTP
//! subrequest. The transport finds the token ([`find_token`]), validates it, and [`decide`] does the rest, from the
//! verdict and the [`AccessProfile`] of the route. The module is pure and knows neither protocol.

mod client_address;
mod credential;
mod decision;
mod denial;
mod identity;
mod profile;
mod request;
mod settings;

pub use client_address::client_address;
pub use credential::{CredentialRules, PresentedCredential, find_token, without_token_cookies};
pub use decision::{AccessDecision, DenialReason, TokenCheck, decide};
pub use denial::{DenialResponse, deny, unavailable};
pub use identity::{IDENTITY_HEADERS, IdentityHeaders, SessionIdentity, encode_header_value};
pub use profile::{AccessProfile, SessionRequirement};
pub use request::GatewayRequest;
pub use settings::{ClientAddressSource, DEFAULT_PROFILE, GatewaySettings, MAX_PROFILE_NAME_BYTES};
