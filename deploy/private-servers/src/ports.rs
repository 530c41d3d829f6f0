//! Free ports of the loopback address.
//!
//! A port found free may be taken before the server binds it, so whoever uses one tries again with
//! another, at most [`ATTEMPTS_MAX`] times.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

/// How many times a server that asked for any port is started with new ports.
pub(crate) const ATTEMPTS_MAX: usize = 5;

/// Finds `COUNT` different ports that are free right now.
pub(crate) fn free<const COUNT: usize>() -> io::Result<[u16; COUNT]> {
    let mut ports = [0; COUNT];
    // All are held at once, so that no two are the same.
    let mut held = Vec::with_capacity(COUNT);
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
