//! TLS of the listeners, of the connections to the store and of those to webhooks: their certificates and authorities,
//! and the reload of the files.
//!
//! [`ServerTls`] and [`StoreTls`] hold the files of a node and replace the credentials in use when they change. Connections that
//! are open keep the session keys that they have agreed on. A client certificate is judged by the authorities of the
//! moment, also on a connection that was opened under earlier ones ([`ClientCertificate`]).

mod acceptor;
mod authorities;
mod client;
mod client_certificate;
mod credentials;
mod file_reload;
mod outgoing;
mod pem_files;
mod reloaded_pem;
mod server_tls;
mod store_tls;

pub use acceptor::{HandshakeError, HandshakeFailure, TlsAcceptor, TlsStream};
pub use client::{ClientTlsStream, connect};
pub use client_certificate::ClientCertificate;
pub use credentials::{ClientCertificateRule, ServerCredentials, TlsFiles};
pub use file_reload::TlsReloadOutcome;
pub use outgoing::TlsClient;
pub use pem_files::TlsFileError;
pub use reloaded_pem::ReloadedPem;
pub use server_tls::{ListenerKind, ServerTls, TlsStatus};
pub use store_tls::{CredentialReplacer, StoreTls, StoreTlsFiles, StoreTlsStatus};
