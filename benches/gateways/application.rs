//! The application behind the gateways, in the process of the load: it responds with the session of each request.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const SESSION_ID: &[u8] = b"x-session-id: ";

/// Starts the application, which ends with the bench.
pub async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    #[expect(clippy::disallowed_methods, reason = "it ends with the bench")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream.set_nodelay(true));
            #[expect(clippy::disallowed_methods, reason = "it ends with the bench")]
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Responds to requests without a body.
async fn serve(mut stream: TcpStream) {
    let mut received = Vec::with_capacity(4096);
    while let Ok(1..) = stream.read_buf(&mut received).await {
        if !received.ends_with(END_OF_HEAD) {
            continue;
        }
        let id = session_id(&received);
        let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", id.len()).into_bytes();
        response.extend_from_slice(id);
        received.clear();
        if stream.write_all(&response).await.is_err() {
            return;
        }
    }
}

/// Returns the value of the header with the session ID. Gateways write its name as they like.
fn session_id(head: &[u8]) -> &[u8] {
    let lines = head.split(|byte| *byte == b'\n');
    let mut values = lines.filter_map(|line| {
        let (name, value) = line.split_at_checked(SESSION_ID.len())?;
        name.eq_ignore_ascii_case(SESSION_ID).then_some(value)
    });
    values.next_back().map(<[u8]>::trim_ascii).unwrap_or_default()
}
