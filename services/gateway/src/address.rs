//! The address that a caller calls from: its connection's, or the one that a trusted proxy names.
//!
//! Invariant: what a header says of addresses is believed only where the connection comes from a proxy
//! that the operator trusts, and only in the one header that this proxy writes. A list is read from its
//! end, where the proxies write; what stands before the first address that no proxy has was written by
//! the caller.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use serde::Deserialize;

/// The other end of a connection, in a request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The proxies that may name their callers' addresses; none, unless the operator names them.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies {
    pub(crate) networks: Vec<Network>,
    pub(crate) header: ProxyHeader,
}

/// An address or a network of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

/// The header in which proxies name their callers' addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// A text that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("a trusted proxy is an address or a network, such as 10.0.0.7 or 10.0.0.0/8, not {0:?}")]
pub struct InvalidNetwork(String);

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map(Self).map_err(|_| InvalidNetwork(text))
    }
}

impl TrustedProxies {
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.0.contains(&address.to_canonical()))
    }

    /// The address that a request comes from, whose connection is from `peer`.
    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = peer.to_canonical();
        let mut named = self.named(headers).into_iter().rev();
        while self.trust(caller) {
            // A proxy that does not say for whom it asks asks for itself.
            let Some(Some(before)) = named.next() else { break };
            caller = before.to_canonical();
        }
        caller
    }

    /// What the header says, in its order; none for what is no address.
    fn named(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let name = match self.header {
            ProxyHeader::XForwardedFor => "x-forwarded-for",
            ProxyHeader::Forwarded => header::FORWARDED.as_str(),
        };
        headers
            .get_all(name)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(|element| match self.header {
                ProxyHeader::XForwardedFor => address(element.trim()),
                ProxyHeader::Forwarded => element.split(';').find_map(forwarded_for),
            })
            .collect()
    }
}

/// The address in `for=192.0.2.60` and `for="[2001:db8::1]:4711"`.
fn forwarded_for(pair: &str) -> Option<IpAddr> {
    let (name, value) = pair.trim().split_once('=')?;
    name.eq_ignore_ascii_case("for").then(|| address(value.trim_matches('"'))).flatten()
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    /// Who calls, where the connection is from `peer` and the headers say `said`.
    #[track_caller]
    fn check(
        (networks, header): (&[&str], ProxyHeader),
        peer: &str,
        said: &[(&'static str, &str)],
        is: &str,
    ) {
        let networks = networks.iter().map(|text| Network::try_from((*text).to_owned()).unwrap());
        let proxies = TrustedProxies { networks: networks.collect(), header };
        let said = said
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let caller = proxies.caller(peer.parse().unwrap(), &said.collect());
        assert_eq!(caller, is.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn nobody_is_believed_of_whom_the_operator_has_not_said_so() {
        let said = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")];
        check((&[], ProxyHeader::default()), "127.0.0.1", &said, "127.0.0.1");
        let others = (&["10.0.0.0/8"][..], ProxyHeader::default());
        check(others, "198.51.100.1", &said, "198.51.100.1");
    }

    #[test]
    fn a_trusted_proxy_names_the_caller_and_the_caller_names_nobody() {
        let proxies = (&["10.0.0.0/8", "2001:db8::1"][..], ProxyHeader::XForwardedFor);
        let said = |list| [("x-forwarded-for", list)];
        check(proxies, "10.1.2.3", &said("192.0.2.7"), "192.0.2.7");
        check(proxies, "::ffff:10.1.2.3", &said("192.0.2.7"), "192.0.2.7");
        check(proxies, "2001:db8::1", &said("192.0.2.7"), "192.0.2.7");
        // What the caller wrote stands first.
        check(proxies, "10.1.2.3", &said("203.0.113.9, 192.0.2.7"), "192.0.2.7");
        check(proxies, "10.1.2.3", &said("203.0.113.9, 192.0.2.7, 10.9.9.9"), "192.0.2.7");
        let lines = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "192.0.2.7")];
        check(proxies, "10.1.2.3", &lines, "192.0.2.7");
        // The other header is not the one that this proxy writes.
        check(proxies, "10.1.2.3", &[("forwarded", "for=203.0.113.9")], "10.1.2.3");
        for nonsense in ["", "unknown", "192.0.2.7, unknown", "_hidden"] {
            check(proxies, "10.1.2.3", &said(nonsense), "10.1.2.3");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_the_proxy_writes_that_one() {
        for (said, caller) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"192.0.2.7:4711\";proto=https;by=10.0.0.7", "192.0.2.7"),
            ("for=203.0.113.9, for=\"[2001:db8::5]:4711\"", "2001:db8::5"),
            ("for=\"[2001:db8::5]\"", "2001:db8::5"),
            ("for=unknown", "10.0.0.7"),
            ("proto=https", "10.0.0.7"),
        ] {
            let proxies = (&["10.0.0.7"][..], ProxyHeader::Forwarded);
            check(proxies, "10.0.0.7", &[("forwarded", said)], caller);
        }
    }

    #[test]
    fn what_is_no_network_is_refused_and_named() {
        let read = |text: &str| Network::try_from(text.to_owned());
        for text in ["10.0.0.7", "10.0.0.0/8", "2001:db8::/32", "::1"] {
            assert!(read(text).is_ok(), "{text}");
        }
        for text in ["", "10.0.0", "10.0.0.0/33", "proxy.example"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
