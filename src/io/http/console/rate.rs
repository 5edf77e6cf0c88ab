//! How often one caller may ask: a bucket for each user, and for each address that names no user.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

/// A page and what it asks for at once, many times over.
const BURST: NonZeroU32 = NonZeroU32::new(500).expect("not zero");
/// After that, this many a second.
const A_SECOND: NonZeroU32 = NonZeroU32::new(25).expect("not zero");
/// Callers of one kind that are told apart, at most; those beyond share one bucket.
const MAX_CALLERS: usize = 10_000;
/// Whoever has an IPv6 address has this whole network.
const V6_NETWORK_BITS: u32 = 64;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Somebody who is known, by name.
    User(String),
    /// Whoever is at this address.
    Address(IpAddr),
}

/// Buckets by `K`; `None` is the one that the crowd beyond [`MAX_CALLERS`] shares.
type Buckets<K, C> = RateLimiter<Option<K>, DashMapStateStore<Option<K>>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The buckets. Users and addresses are apart: no flood of addresses takes a user's bucket away.
pub(super) struct RateLimit<C: Clock = DefaultClock> {
    users: Buckets<String, C>,
    addresses: Buckets<IpAddr, C>,
    clock: C,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::new(DefaultClock::default())
    }
}

impl<C: Clock + Clone> RateLimit<C> {
    fn new(clock: C) -> Self {
        let (users, addresses) = (buckets(&clock), buckets(&clock));
        Self { users, addresses, clock }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// How long `caller` has to wait.
    pub fn admit(&self, caller: Caller) -> Result<(), Duration> {
        match caller {
            Caller::User(name) => self.admit_to(&self.users, name),
            Caller::Address(address) => self.admit_to(&self.addresses, network(address)),
        }
    }

    fn admit_to<K: Hash + Eq + Clone>(&self, buckets: &Buckets<K, C>, key: K) -> Result<(), Duration> {
        if buckets.len() >= MAX_CALLERS {
            buckets.retain_recent();
        }
        let key = (buckets.len() < MAX_CALLERS).then_some(key);
        buckets.check_key(&key).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

fn buckets<K: Hash + Eq + Clone, C: Clock + Clone>(clock: &C) -> Buckets<K, C> {
    RateLimiter::new(Quota::per_second(A_SECOND).allow_burst(BURST), DashMapStateStore::default(), clock.clone())
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mask = u128::MAX << (Ipv6Addr::BITS - V6_NETWORK_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

/// The answer to whoever has to wait.
pub(super) fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let told = "expected fewer requests; wait as long as Retry-After says";
    let mut answer = (StatusCode::TOO_MANY_REQUESTS, told).into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    fn user(name: &str) -> Caller {
        Caller::User(name.to_owned())
    }

    #[test]
    fn a_burst_is_let_through_then_a_steady_rate_each_for_itself() {
        let clock = FakeRelativeClock::default();
        let limit = RateLimit::new(clock.clone());
        for _ in 0..BURST.get() {
            assert_eq!(limit.admit(user("ann")), Ok(()));
        }
        let wait = limit.admit(user("ann")).expect_err("that was the burst");
        assert_eq!(wait, Duration::from_secs(1) / A_SECOND.get());
        assert_eq!(limit.admit(user("bob")), Ok(()), "another user's bucket is full");
        assert_eq!(limit.admit(Caller::Address(IpAddr::from([10, 0, 0, 1]))), Ok(()));
        clock.advance(Duration::from_secs(1));
        let admitted = (0..1_000).filter(|_| limit.admit(user("ann")).is_ok()).count();
        assert_eq!(admitted, A_SECOND.get() as usize);
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_room_and_no_users_bucket() {
        let clock = FakeRelativeClock::default();
        let limit = RateLimit::new(clock.clone());
        let flood = |count: u32| {
            let all = (0..count).map(|number| limit.admit(Caller::Address(IpAddr::from(number.to_be_bytes()))));
            all.flatten().count()
        };
        let admitted = flood(20_000);
        assert!(limit.addresses.len() <= MAX_CALLERS + 1, "{} buckets", limit.addresses.len());
        assert!(admitted < 11_000, "the crowd shares one bucket: {admitted}");
        assert_eq!(limit.admit(user("ann")), Ok(()));
        clock.advance(Duration::from_mins(1));
        assert_eq!(limit.admit(Caller::Address(IpAddr::from([200, 0, 0, 1]))), Ok(()), "room again");
        assert!(limit.addresses.len() <= 1_000, "full buckets are let go: {}", limit.addresses.len());
    }

    #[test]
    fn an_address_of_version_6_counts_with_its_network() {
        let at = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2:ffff::1"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:10.0.0.1"), at("10.0.0.1"));
    }
}
