//! Ports for servers that cannot choose one themselves.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;

static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(101)));

/// A port on loopback that was free a moment ago and that nobody else in this process is given.
///
/// It lies below the range from which systems take the ports of outgoing connections (Linux: from
/// 32768, macOS: from 49152), so a server that is stopped and started again finds its port still
/// free. Another process may be quicker to bind it; whoever starts a server then asks for another.
///
/// Asked by connecting, not by binding: a server that another test is just starting would inherit a
/// listener of ours for a moment, and keep the port taken.
pub fn free() -> u16 {
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .map(|port| u16::try_from(port).expect("the range ends below 65536"))
        .find(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_err())
        .expect("a free port on loopback")
}
