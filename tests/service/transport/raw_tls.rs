//! TLS connections without a protocol on them, or with bytes of a test's choice.

use std::{io::Write, net::SocketAddr, sync::Arc};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, task::spawn_blocking};

/// Completes a TLS handshake with the node, offering `protocols` (ALPN), and sends `bytes`. Returns the underlying
/// connection.
pub async fn shaken(
    node: SocketAddr,
    authority: &str,
    protocols: &'static [&'static str],
    bytes: &'static [u8],
) -> TcpStream {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate")).expect("an authority");
    let stream = spawn_blocking(move || {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").expect("a name");
        let mut tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut stream = std::net::TcpStream::connect(node).expect("a connection");
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).expect("a handshake");
        }
        tls.writer().write_all(bytes).expect("bytes are taken");
        while tls.wants_write() {
            tls.write_tls(&mut stream).expect("bytes are sent");
        }
        stream.set_nonblocking(true).expect("a socket");
        stream
    });
    TcpStream::from_std(stream.await.expect("TLS")).expect("a socket")
}
