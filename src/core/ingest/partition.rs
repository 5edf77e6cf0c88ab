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
        let placed: Vec<u32> = ["emp0042", "ip:10.20.1.5", "张三", ""].map(|name| partition_of(name, 8).0).to_vec();
        insta::assert_debug_snapshot!(placed);
        assert_eq!(partition_of("emp0042", 1), Partition(0));
    }
}
