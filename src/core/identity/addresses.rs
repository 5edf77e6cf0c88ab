//! Client addresses in one spelling.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

/// What the actor of an event without one is called: this and its client address.
pub const ADDRESS_PREFIX: &str = "ip:";

/// The address in `text`: `10.20.1.5`, `[::1]`, `::ffff:10.20.1.5`, or one of these with a port.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// Writes `client_ip` in its one spelling into `buffer`, replacing what it held. What is no address is folded like a
/// login.
pub(super) fn write_address(client_ip: &str, buffer: &mut String) {
    buffer.clear();
    append_address(client_ip, buffer);
}

/// Appends `client_ip` in its one spelling.
pub(super) fn append_address(client_ip: &str, buffer: &mut String) {
    match parse_address(client_ip) {
        // Writing into a string cannot fail.
        Some(address) => drop(write!(buffer, "{address}")),
        None => super::fold::append_folded(client_ip, buffer),
    }
}
