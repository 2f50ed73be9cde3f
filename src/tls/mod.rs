//! TLS of the listeners: the server's certificate, the authorities of client certificates, and their reload.
//!
//! [`ServerTls`] holds the files of a node and replaces what is in use when they change. Connections that are open keep
//! the session keys that they have agreed on. A client certificate is judged by the authorities of the moment, also on
//! a connection that was opened under earlier ones ([`ClientCertificate`]).

mod acceptor;
mod authorities;
mod client;
mod client_certificate;
mod credentials;
mod server_tls;

pub use acceptor::{HandshakeError, HandshakeFailure, TlsAcceptor, TlsStream};
pub use client::{ClientTlsStream, connect};
pub use client_certificate::ClientCertificate;
pub use credentials::{ClientCertificateRule, ServerCredentials, TlsFileError, TlsFiles};
pub use server_tls::{ListenerKind, ServerTls, TlsReloadOutcome, TlsStatus};
