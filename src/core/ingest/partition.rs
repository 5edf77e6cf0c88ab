//! Which partition of the activity log owns an actor.

use crate::core::units::Partition;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// The partition of `name` among `partitions`: SipHash-1-3 under a fixed key, modulo the count. Kafka clients differ
/// in their own partitioners, so none of them is asked.
pub fn partition_of(name: &str, partitions: u32) -> Partition {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    let place = hasher.finish() % u64::from(partitions.max(1));
    Partition(u32::try_from(place).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_a_name_never_changes() {
        assert_eq!(partition_of("emp0042", 8), Partition(6));
        assert_eq!(partition_of("emp0042", 1), Partition(0));
    }
}
