//! What every part of the simulation looks at and none changes: settings, calendar, customers and staff.

use super::calendar::Calendar;
use super::customers::{CustomerBase, CustomerIndex};
use super::people::Population;
use super::rng::Stream;
use super::settings::{CANARIES, SettingsError, SimulateSettings};
use rand::Rng;

/// The retailer before anything happens.
#[derive(Clone, Debug)]
pub struct Scene {
    /// What was asked for.
    pub settings: SimulateSettings,
    /// The span.
    pub calendar: Calendar,
    /// The customers.
    pub base: CustomerBase,
    /// The staff.
    pub population: Population,
}

impl Scene {
    /// The retailer that `settings` asks for.
    ///
    /// # Errors
    /// [`SettingsError`] where a setting is out of range.
    pub fn new(settings: SimulateSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut population = Population::new(&settings);
        for life in &settings.life {
            life.staff(&settings, &mut population);
        }
        Ok(Self {
            calendar: Calendar::new(settings.start, settings.days, settings.zone.rules.clone()),
            base: CustomerBase::new(settings.seed, settings.customers, CANARIES),
            population,
            settings,
        })
    }

    /// Any real customer.
    pub fn customer(&self, rng: &mut Stream) -> CustomerIndex {
        rng.random_range(0..self.base.real())
    }

    /// `count` real customers, some of whom may come twice.
    pub fn customers(&self, rng: &mut Stream, count: u32) -> Vec<CustomerIndex> {
        (0..count).map(|_| self.customer(rng)).collect()
    }

    /// `count` different real customers in no order, or all of them where there are fewer.
    pub fn distinct_customers(&self, rng: &mut Stream, count: u32) -> Vec<CustomerIndex> {
        let real = u64::from(self.base.real());
        let start = rng.random_range(0..real);
        let mut stride = rng.random_range(1..real);
        while gcd(stride, real) != 1 {
            stride = stride % (real - 1) + 1;
        }
        (0..u64::from(count).min(real)).map(|step| ((start + step * stride) % real) as CustomerIndex).collect()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::super::rng::{Purpose, stream};
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn distinct_customers_are_distinct_and_never_decoys() {
        let scene = Scene::new(SimulateSettings { customers: 1_000, ..SimulateSettings::default() }).expect("valid");
        for seed in 0..20 {
            let mut rng = stream(seed, Purpose::Attack, 0, 0);
            let found: BTreeSet<_> = scene.distinct_customers(&mut rng, 2_000).into_iter().collect();
            assert_eq!(found.len(), 988);
            assert!(found.iter().all(|index| *index < scene.base.real()));
        }
    }
}
