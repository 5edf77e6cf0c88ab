//! Everything that is measured in the companies of one seed.

use crate::args::Args;
use crate::attacked::{self, Outcome};
use crate::cases::{self, DAYS, LADDER};
use crate::company::{TagMaker, knowledge};
use crate::counting::Errors;
use crate::ordinary::{self, LIVES, Week};
use crate::traffic::Traffic;
use leakwatch::core::filter::{FalsePositiveRate, FilterSet};
use leakwatch::simulate::{CANARIES, CustomerBase, SimulateSettings};
use std::sync::Arc;

/// The results of one seed.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The seed.
    pub seed: u64,
    /// Attacks at their usual size.
    pub usual: Vec<Outcome>,
    /// Attacks by size, in the order of [`LADDER`].
    pub ladder: Vec<Vec<Outcome>>,
    /// Weeks without a leak, in the order of [`LIVES`].
    pub weeks: Vec<Week>,
    /// Errors of counting.
    pub errors: Errors,
}

impl Measured {
    /// Measures the companies of `seed`.
    pub fn of(args: &Args, seed: u64) -> Self {
        let settings = SimulateSettings {
            seed,
            actors: args.people,
            customers: args.customers,
            days: DAYS,
            ..SimulateSettings::default()
        };
        let tags = TagMaker::default();
        let base = CustomerBase::new(seed, args.customers, CANARIES);
        let filters = tags.filters(&base, FalsePositiveRate::DEFAULT);
        let (usual, ladder) = attacks(&settings, &tags, &filters);
        let weeks = LIVES.iter().map(|life| ordinary::watch(&settings, life, &tags, filters.clone())).collect();
        Self { seed, usual, ladder, weeks, errors: Errors::measured(seed) }
    }
}

/// Attacks at their usual size, and up the ladder.
fn attacks(
    settings: &SimulateSettings,
    tags: &TagMaker,
    filters: &Arc<FilterSet>,
) -> (Vec<Outcome>, Vec<Vec<Outcome>>) {
    let seed = settings.seed;
    let traffic = Traffic::new(settings.clone());
    let known = knowledge(traffic.world.scene(), tags, filters.clone());
    let mut usual = Vec::new();
    for cases in cases::usual(&traffic, seed) {
        usual.extend(attacked::watch(known.clone(), &traffic, &cases));
    }
    let sized = |size: &u32| attacked::watch(known.clone(), &traffic, &cases::sized(seed, *size));
    let ladder = LADDER.iter().map(sized).collect();
    let day = Traffic::new(SimulateSettings { days: 1, ..settings.clone() });
    usual.extend(attacked::watch(known, &day, &cases::first_day()));
    (usual, ladder)
}
