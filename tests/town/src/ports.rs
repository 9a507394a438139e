//! Free ports.

use std::net::TcpListener;

/// A port that was free a moment ago. Somebody else may take it before its user does: the user tries another then.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("this machine has a free port")
        .port()
}
