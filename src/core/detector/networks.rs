//! The networks that an account comes from.

use super::fresh::{Known, LEARN};
use super::intake::name_tag;
use crate::core::time::EventTime;
use crate::core::units::Tag;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Networks remembered; beyond, the one not seen for longest is forgotten.
const CAPACITY: usize = 256;

/// Networks, and since when they are watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Networks {
    began: EventTime,
    known: Known<CAPACITY>,
}

impl Networks {
    /// None known, from `time` on.
    pub fn since(time: EventTime) -> Self {
        Self { began: time, known: Known::default() }
    }

    /// Whether the network of `address` is new at `time`; remembers it.
    pub fn observe(&mut self, address: &str, time: EventTime) -> bool {
        self.known.is_new(network(address), time, self.began.plus(LEARN))
    }
}

/// The first 24 bits of an IPv4 address, the first 64 of an IPv6 one: a program's pods move inside them.
fn network(address: &str) -> Tag {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => Tag(u64::from(v4.to_bits() >> 8)),
        Ok(IpAddr::V6(v6)) => Tag(u64::try_from(v6.to_bits() >> 64).unwrap_or(0)),
        Err(_) => name_tag(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Millis;

    #[test]
    fn a_network_is_new_for_a_day_once_the_account_is_known() {
        let hour = |hours: i64| EventTime::MIN.plus(Millis::from_hours(hours));
        let mut networks = Networks::since(hour(0));
        assert!(!networks.observe("10.40.0.11", hour(0)));
        assert!(!networks.observe("10.41.0.11", hour(100)), "still learning");
        assert!(!networks.observe("10.40.0.77", hour(200)), "the same network");
        assert!(networks.observe("10.20.1.5", hour(200)));
        assert!(networks.observe("10.20.1.6", hour(223)));
        assert!(!networks.observe("10.20.1.5", hour(224)));
        assert!(networks.observe("2001:db8::1", hour(300)));
    }
}
