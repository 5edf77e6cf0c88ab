//! What the log has said of the customer filters: rates to correct by, and the size of the base.

use super::kinds::KindId;
use crate::core::activity::FilterFigures;
use crate::core::identifiers::kind_of_set;
use crate::core::time::EventTime;
use serde::{Deserialize, Serialize};

/// Kinds told apart, each under every key that it was ever tagged with; whatever comes beyond shares the last number.
const MAX_KINDS: usize = 250;

/// Names of kinds by number (of a kind's tag sets, where keys have one each), and the filters' figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    names: Vec<Box<str>>,
    filters: FilterFigures,
    /// Measured false-positive rates, by kind number.
    #[serde(skip)]
    rates: Vec<f64>,
}

impl Figures {
    /// The number of the kind called `name`.
    pub fn kind(&mut self, name: &str) -> KindId {
        let known = self.names.iter().position(|known| &**known == name);
        let at = known.unwrap_or_else(|| {
            if self.names.len() < MAX_KINDS {
                self.names.push(name.into());
                self.derive_rates();
            }
            self.names.len() - 1
        });
        KindId(u8::try_from(at).unwrap_or(u8::MAX))
    }

    /// The name of the kind with a number.
    pub fn name(&self, kind: KindId) -> &str {
        self.names.get(usize::from(kind.0)).map_or("", |name| name)
    }

    /// Takes over new figures.
    pub fn replace(&mut self, filters: &FilterFigures) {
        self.filters = filters.clone();
        self.derive_rates();
    }

    /// After a restore: what is derived is not in a snapshot.
    pub fn derive_rates(&mut self) {
        let rate = |name: &str| {
            let kind = self.filters.kinds.iter().find(|kind| kind.kind == kind_of_set(name));
            kind.map_or(0.0, |kind| kind.false_positive_rate)
        };
        self.rates = self.names.iter().map(|name| rate(name)).collect();
    }

    /// How many of `tested` tags the filter knows by mistake.
    pub fn false_positives(&self, kind: KindId, tested: u64) -> u64 {
        let rate = self.rates.get(usize::from(kind.0)).copied().unwrap_or(0.0);
        expected(tested, rate)
    }

    /// When the filters were built.
    pub const fn built_at(&self) -> Option<EventTime> {
        self.filters.built_at
    }

    /// The size of the customer base, where a filter told it.
    pub fn base_size(&self) -> Option<u64> {
        self.filters.kinds.iter().map(|kind| kind.count).max().filter(|count| *count > 0)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate of a count below 2^52, never negative"
)]
fn expected(tested: u64, rate: f64) -> u64 {
    (tested as f64 * rate).round() as u64
}

/// A count as rules compare it.
#[expect(clippy::cast_precision_loss, reason = "counts of events and customers stay far below 2^52")]
pub(super) const fn exact(count: u64) -> f64 {
    count as f64
}
