//! Who held a client address when.

use super::fold::folded;
use crate::core::time::EventTime;
use hashbrown::HashMap;

/// Who held an address over an interval.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub holder: Holder,
    pub from: Option<EventTime>,
    pub to: Option<EventTime>,
}

/// The actor of a lease.
#[derive(Clone, Debug)]
pub(super) enum Holder {
    /// An actor of the directory, by number.
    Listed(u32),
    /// Whom the directory lacks, folded.
    Unlisted(Box<str>),
}

/// The leases of every address.
#[derive(Clone, Debug, Default)]
pub(super) struct Leases {
    by_address: HashMap<Box<str>, Vec<Lease>>,
    /// For each address the latest end among its leases up to each place, so that a search backwards knows when to stop.
    latest_end: HashMap<Box<str>, Vec<EventTime>>,
    count: usize,
}

impl Leases {
    /// Adds a lease of `address`, in its one spelling.
    pub(super) fn push(&mut self, address: &str, lease: Lease) {
        self.by_address.entry_ref(address).or_default().push(lease);
        self.count += 1;
    }

    /// Orders the leases; to be called once all are in.
    pub(super) fn seal(&mut self) {
        for (address, leases) in &mut self.by_address {
            // Stable: among leases with the same beginning, the later line stays last and so wins.
            leases.sort_by_key(|lease| lease.from);
            let mut latest = EventTime::MIN;
            let ends = leases.iter().map(|lease| {
                latest = latest.max(lease.to.unwrap_or(EventTime::MAX));
                latest
            });
            self.latest_end.insert(address.clone(), ends.collect());
        }
    }

    /// Who held `address` at `time`: among the leases that cover it, the one that began last.
    pub(super) fn holder(&self, address: &str, time: EventTime) -> Option<&Holder> {
        let leases = self.by_address.get(address)?;
        let ends = self.latest_end.get(address)?;
        let begun = leases.partition_point(|lease| lease.from.is_none_or(|from| from <= time));
        let mut candidates = leases[..begun].iter().zip(&ends[..begun]).rev();
        // Where the latest end so far lies behind, so does every earlier one.
        let covering = candidates.find(|(lease, latest)| **latest < time || lease.to.is_none_or(|to| time < to));
        covering.filter(|(lease, _)| lease.to.is_none_or(|to| time < to)).map(|(lease, _)| &lease.holder)
    }

    /// How many leases there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }
}

impl Holder {
    /// Whom the directory lacks.
    pub(super) fn unlisted(login: &str) -> Self {
        Self::Unlisted(folded(login))
    }
}
