//! How much of the gateway one caller may have at once, so that none takes what belongs to all.
//!
//! A caller is who its token says it is; without a token, the address that it calls from. Invariant: what
//! was taken is given back when the [`Share`] goes, however that happens, and nobody who has nothing
//! taken is remembered.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::HeaderMap;
use samvirke_schemas::principal::Principal;

use crate::{
    Gateway, fault::Fault, identity::Caller, request_context::RequestContext, settings::Limits,
};

/// Whoever shares with others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sharer {
    /// The subject of a verified token.
    Subject(String),
    /// The address of a caller without a token.
    Address(IpAddr),
}

impl Sharer {
    /// Who shares where `principal` calls from `address`.
    pub(crate) fn of(principal: &Principal, address: IpAddr) -> Self {
        match *principal == Principal::public() {
            true => Self::at(address),
            false => Self::Subject(principal.subject.clone()),
        }
    }

    /// Whoever calls from an address. Of IPv6 one subscriber has a whole /64 (RFC 6177).
    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// What callers share.
#[derive(Clone, Debug)]
pub(crate) struct CallerShares {
    pub(crate) requests: Shares,
    pub(crate) feed_readers: Shares,
    pub(crate) connections: Shares,
}

impl CallerShares {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            requests: Shares::new("requests", limits.caller_in_flight_max, |max| {
                Fault::TooManyRequests { max }
            }),
            feed_readers: Shares::new("feed-readers", limits.caller_feed_readers_max, |max| {
                Fault::TooManyReaders { max }
            }),
            connections: Shares::new("connections", limits.caller_connections_max, |max| {
                Fault::TooManyConnections { max }
            }),
        }
    }
}

impl Gateway {
    /// Who is behind a request to the services, with its share of them for as long as the request lasts.
    pub(crate) async fn caller(
        &self,
        headers: &HeaderMap,
        context: &RequestContext,
    ) -> Result<(Caller, Share), Fault> {
        let caller = self.0.identity.verify(headers).await?;
        let share = self.share_of_requests(&caller.principal, context)?;
        Ok((caller, share))
    }

    /// The share of the services in one request of `principal`.
    pub(crate) fn share_of_requests(
        &self,
        principal: &Principal,
        context: &RequestContext,
    ) -> Result<Share, Fault> {
        self.0.shares.requests.take(Sharer::of(principal, context.address))
    }

    /// The share of the feed in a reader that stays with it.
    pub(crate) fn share_of_feed(
        &self,
        principal: &Principal,
        context: &RequestContext,
    ) -> Result<Share, Fault> {
        self.0.shares.feed_readers.take(Sharer::of(principal, context.address))
    }
}

/// What each has taken of one thing.
#[derive(Clone, Debug)]
pub(crate) struct Shares {
    /// Names the thing in the metrics.
    what: &'static str,
    /// The most that one sharer may have.
    max: usize,
    /// What is told to whoever wants more.
    refused: fn(usize) -> Fault,
    taken: Arc<Mutex<HashMap<Sharer, usize>>>,
}

/// One of what a sharer has taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    of: Shares,
    sharer: Sharer,
}

impl Shares {
    pub(crate) fn new(what: &'static str, max: usize, refused: fn(usize) -> Fault) -> Self {
        metrics::counter!("samvirke_callers_refused", "what" => what).absolute(0);
        Self { what, max, refused, taken: Arc::default() }
    }

    /// What is told to whoever wants more than its share.
    pub(crate) fn refusal(&self) -> Fault {
        (self.refused)(self.max)
    }

    /// Takes one for a sharer; refused, and counted, where it has all that it may have.
    pub(crate) fn take(&self, sharer: Sharer) -> Result<Share, Fault> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(&sharer).copied().unwrap_or(0);
        if count >= self.max {
            metrics::counter!("samvirke_callers_refused", "what" => self.what).increment(1);
            return Err(self.refusal());
        }
        taken.insert(sharer.clone(), count + 1);
        Ok(Share { of: self.clone(), sharer })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.sharer) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.sharer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Sharer {
        Sharer::at(address.parse().unwrap())
    }

    #[test]
    fn one_caller_has_no_more_than_its_share_and_others_have_theirs() {
        let shares = Shares::new("things", 2, |max| Fault::TooManyRequests { max });
        let first = shares.take(at("192.0.2.1")).unwrap();
        let _second = shares.take(at("192.0.2.1")).unwrap();
        assert_eq!(shares.take(at("192.0.2.1")).unwrap_err(), Fault::TooManyRequests { max: 2 });
        assert!(shares.take(at("192.0.2.2")).is_ok());
        drop(first);
        assert!(shares.take(at("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_share_is_given_back_by_a_panic_and_nobody_is_remembered_for_nothing() {
        let shares = Shares::new("things", 1, |max| Fault::TooManyRequests { max });
        let (taking, share) = (shares.clone(), at("192.0.2.1"));
        let panicked = std::thread::spawn(move || {
            let _share = taking.take(share).unwrap();
            panic!("a bad day");
        });
        assert!(panicked.join().is_err());
        assert!(shares.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn an_address_of_ipv6_is_its_network_and_one_of_ipv4_itself_however_it_is_written() {
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
