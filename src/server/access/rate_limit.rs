//! How often each client may ask: GCRA, by the crate governor, in bounded memory.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::super::config::Rate;
use super::{Client, Denied};

/// Clients that are told apart at the same time; further addresses share.
const MAX_CLIENTS: usize = 100_000;
/// Among how many rates those further addresses are spread.
const SHARED: u64 = 4096;
/// Bits of an IPv6 address that a network gives to one customer.
const IPV6_PREFIX_BITS: u32 = 64;

/// What an answer says about the rate.
pub const RATE_HEADERS: [&str; 3] = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];

const LIMIT: HeaderName = HeaderName::from_static(RATE_HEADERS[0]);
const REMAINING: HeaderName = HeaderName::from_static(RATE_HEADERS[1]);
const RESET: HeaderName = HeaderName::from_static(RATE_HEADERS[2]);

/// Who has a rate of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Holder {
    Client(Client),
    /// One of the rates that addresses share when there are too many.
    Shared(u64),
}

/// The rates of all clients.
pub struct RateLimit {
    rate: Rate,
    limiter: RateLimiter<Holder, DashMapStateStore<Holder>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    hasher: RandomState,
}

/// What is left to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests that may come at once when none has come for a while.
    pub limit: u32,
    /// Requests that may come now.
    pub remaining: u32,
    /// Whole seconds until one more may come, or until all may.
    pub reset: u64,
}

impl Allowance {
    /// Says it in the headers that most clients know (draft-ietf-httpapi-ratelimit-headers-06).
    pub fn write_to(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}

impl std::fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimit").field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl RateLimit {
    /// The same rate for everybody.
    pub fn new(rate: Rate) -> RateLimit {
        let clock = DefaultClock::default();
        let limiter = RateLimiter::new(quota(rate), DashMapStateStore::default(), clock.clone());
        RateLimit { rate, limiter, clock, hasher: RandomState::new() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`Denied::TooOften`].
    pub fn check(&self, client: Client) -> Result<Allowance, Denied> {
        let limit = self.rate.count.get();
        match self.limiter.check_key(&self.holder(client)) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                // Rounded down, as an estimate for a client that paces itself.
                let missing = u64::from(limit.saturating_sub(remaining));
                let reset =
                    (self.rate.period.as_secs_f64() * missing as f64 / f64::from(limit)).ceil() as u64;
                Ok(Allowance { limit, remaining, reset })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                Err(Denied::TooOften(Allowance { limit, remaining: 0, reset: whole_seconds(wait) }))
            }
        }
    }

    /// Forgets clients that have their whole rate again.
    pub fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    /// How many clients are remembered.
    pub fn len(&self) -> usize {
        self.limiter.len()
    }

    fn holder(&self, client: Client) -> Holder {
        match client {
            Client::Address(address) => {
                let network = network(address);
                if self.len() < MAX_CLIENTS {
                    return Holder::Client(Client::Address(network));
                }
                // Seeded anew by each process: nobody can tell which addresses share with which.
                Holder::Shared(self.hasher.hash_one(network) % SHARED)
            }
            key => Holder::Client(key),
        }
    }
}

fn quota(rate: Rate) -> Quota {
    let each = rate.period / rate.count.get();
    // A rate of thousands of millions an hour has a period below a nanosecond, which is no limit.
    let each = each.max(Duration::from_nanos(1));
    Quota::with_period(each).unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX)).allow_burst(rate.count)
}

/// An IPv4 address, or the part of an IPv6 address that one customer cannot change.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (u128::BITS - IPV6_PREFIX_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        address => address,
    }
}

/// Never 0: who comes back at once is refused again.
fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    fn limit(text: &str) -> RateLimit {
        RateLimit::new(text.parse().unwrap())
    }

    fn address(number: u32) -> Client {
        Client::Address(Ipv4Addr::from_bits(number).into())
    }

    #[test]
    fn as_many_as_the_rate_says_and_each_client_for_itself() {
        let limit = limit("3/h");
        for remaining in [2, 1, 0] {
            let allowance = limit.check(address(1)).unwrap();
            assert_eq!((allowance.limit, allowance.remaining), (3, remaining));
        }
        for _ in 0..2 {
            let Err(Denied::TooOften(allowance)) = limit.check(address(1)) else { panic!("too many") };
            assert_eq!((allowance.limit, allowance.remaining), (3, 0));
            assert!((1..=1200).contains(&allowance.reset), "{allowance:?}");
        }
        assert!(limit.check(address(2)).is_ok());
        let key = Client::Key(Arc::from("app"));
        assert!((0..3).all(|_| limit.check(key.clone()).is_ok()));
        assert!(limit.check(key).is_err());
        assert!(limit.check(Client::Key(Arc::from("other"))).is_ok());
    }

    #[test]
    fn an_ipv6_customer_is_one_client_and_a_mapped_address_is_ipv4() {
        let limit = limit("1/h");
        let of = |text: &str| Client::Address(text.parse().unwrap());
        assert!(limit.check(of("2001:db8:1:2::1")).is_ok());
        assert!(limit.check(of("2001:db8:1:2:ffff::9")).is_err());
        assert!(limit.check(of("2001:db8:1:3::1")).is_ok());
        assert!(limit.check(of("10.0.0.1")).is_ok());
        assert!(limit.check(of("::ffff:10.0.0.1")).is_err());
    }

    #[test]
    fn a_million_addresses_take_bounded_memory_and_are_limited_all_the_same() {
        let limit = limit("1/h");
        let refused = (0..1_000_000).filter(|&number| limit.check(address(number)).is_err()).count();
        assert!(limit.len() <= MAX_CLIENTS + SHARED as usize, "{}", limit.len());
        // Whoever comes when the table is full shares, and most come too late.
        assert!(refused > 800_000, "{refused}");
        assert!(limit.check(Client::Key(Arc::from("app"))).is_ok(), "keys never share");
    }

    #[test]
    fn who_has_the_whole_rate_again_is_forgotten() {
        let limit = limit("4294967295/s");
        (0..1000).for_each(|number| drop(limit.check(address(number))));
        // Each has its one request back after less than a nanosecond.
        limit.forget_idle();
        assert!(limit.len() < 1000);
    }
}
