//! Which addresses requests may go to: those on the public internet.
//!
//! Names are resolved and their addresses checked in one step, and the connection is made to what was
//! checked. A name that leads elsewhere a moment later changes nothing.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Networks that are not public (IANA special-purpose address registry), and the metadata address of
/// one cloud that is.
const NOT_PUBLIC_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast and what is reserved above it.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];
/// All that is handed out of IPv6.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// What is not public within that: protocol assignments with Teredo, documentation, and 6to4, behind
/// which any IPv4 address can hide.
const NOT_PUBLIC_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// An address that no request goes to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not a public address")]
pub struct NotPublic {
    pub address: IpAddr,
}

/// Lets requests through to public addresses only.
#[derive(Clone, Copy, Debug)]
pub struct EgressPolicy {
    /// Whether this machine itself is let through too.
    pub loopback_allowed: bool,
}

impl EgressPolicy {
    /// # Errors
    ///
    /// [`NotPublic`] where a request may not go.
    pub fn check(self, address: IpAddr) -> Result<(), NotPublic> {
        let address = address.to_canonical();
        if is_public(address) || (self.loopback_allowed && address.is_loopback()) {
            Ok(())
        } else {
            Err(NotPublic { address })
        }
    }

    /// Where one address of a name is refused all are: a name that points inside is not to be trusted.
    fn check_all(self, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NotPublic> {
        found.iter().try_for_each(|one| self.check(one.ip()))?;
        Ok(found)
    }
}

impl Resolve for EgressPolicy {
    fn resolve(&self, name: Name) -> Resolving {
        let egress_policy = *self;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::other("the name leads nowhere").into());
            }
            let found: Addrs = Box::new(egress_policy.check_all(found)?.into_iter());
            Ok(found)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| is_in_v4(address, *net)),
        IpAddr::V6(address) => {
            is_in_v6(address, PUBLIC_V6) && !NOT_PUBLIC_V6.iter().any(|net| is_in_v6(address, *net))
        }
    }
}

fn is_in_v4(address: Ipv4Addr, (network, prefix): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (32 - prefix) == 0
}

fn is_in_v6(address: Ipv6Addr, (network, prefix): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (128 - prefix) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(egress_policy: EgressPolicy, text: &str) -> bool {
        egress_policy.check(text.parse().unwrap()).is_ok()
    }

    const CLOSED: EgressPolicy = EgressPolicy { loopback_allowed: false };
    const OPEN: EgressPolicy = EgressPolicy { loopback_allowed: true };

    #[test]
    fn requests_go_to_public_addresses() {
        for address in ["8.8.8.8", "193.212.1.10", "2a02:c0::1", "2606:4700::1111"] {
            assert!(passes(CLOSED, address), "{address}");
        }
    }

    #[test]
    fn requests_do_not_go_inside() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!passes(CLOSED, address), "{address}");
        }
    }

    #[test]
    fn the_machine_itself_is_let_through_only_where_it_is_said() {
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(passes(OPEN, address), "{address}");
        }
        for address in ["10.0.0.1", "169.254.169.254", "0.0.0.0", "fe80::1"] {
            assert!(!passes(OPEN, address), "{address}");
        }
    }

    #[test]
    fn a_name_with_one_address_inside_is_refused() {
        let found = ["8.8.8.8:0", "10.0.0.1:0"].map(|one| one.parse().unwrap()).to_vec();
        let address = "10.0.0.1".parse().unwrap();
        assert_eq!(CLOSED.check_all(found), Err(NotPublic { address }));
    }
}
