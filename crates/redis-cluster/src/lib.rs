//! A client of one Redis server or of a Redis Cluster that never repeats a command whose response was lost.
//!
//! | item | contents |
//! |---|---|
//! | [`Router`], [`RouterOptions`] | the client: sends [`RedisRequest`]s to the masters of their slots |
//! | [`TlsCredentials`] | certificates of connections over TLS, which can be replaced while connections are open |
//! | [`ClientError`], [`RequestFailure`], [`Redirect`] | what a request may fail with, and whether it was executed |
//! | [`RedisNode`], [`SlotMap`], [`HashSlot`], [`Endpoint`] | single servers, for requests to each of them |
//! | [`ServerInspection`] | the application's own checks of a server |
//! | [`Tracking`], [`TrackedData`] | invalidations of data that the application caches (`CLIENT TRACKING`) |
//!
//! The README states what the client guarantees and its limits.

mod address;
mod client_error;
mod connection_opener;
mod connection_pool;
mod dispatch;
mod hash_slot;
mod inspection;
mod node;
mod options;
mod pending_request;
mod plaintext;
mod redirect;
mod request;
mod role;
mod router;
mod server_state;
mod slot_map;
mod stopwatch;
mod subscription;
mod tls_credentials;
mod topology;
mod topology_query;
mod topology_refresh;
mod tracking;

pub use self::{
    address::Endpoint,
    client_error::{ClientError, SharedError},
    hash_slot::HashSlot,
    inspection::{ServerInspection, ServerSettings},
    node::{RedisNode, RequestFailure},
    options::{PlaintextPolicy, RouterOptions},
    redirect::Redirect,
    request::RedisRequest,
    router::{Router, decode_answer},
    slot_map::SlotMap,
    tls_credentials::{ClientKeyPair, TlsCredentials},
    tracking::{ServerTrackingStatus, TrackedData, TrackedReader, Tracking, TrackingChange, TrackingLease},
};
