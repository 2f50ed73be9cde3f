//! Ports for servers that cannot choose one themselves.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;

static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(101)));

/// Returns a port on loopback that was free a moment ago and that no other caller in this process gets.
///
/// The port is below the range of outgoing connections (Linux: from 32768, macOS: from 49152), so a server that is
/// stopped and started again finds its port still free. Another process may bind it first; then the caller asks for
/// another.
///
/// The port is tested by connecting, not by binding: a server that another test is just starting would inherit our
/// listener for a moment, and keep the port in use.
pub fn free() -> u16 {
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .map(|port| u16::try_from(port).expect("the range ends below 65536"))
        .find(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_err())
        .expect("a free port on loopback")
}
