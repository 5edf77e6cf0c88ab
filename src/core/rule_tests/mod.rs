//! A rule file's own tests: read from the file, and run through the real ingest and detect code.
//!
//! Each test has an engine of its own under its file's rules, a directory of its own, and invented customers who are in
//! a real filter. No clock: the first day of every test is Monday, 2012-05-07, in UTC.

mod case;
mod customers;
mod event;
mod expand;
mod expectation;
mod matching;
mod moment;
mod report;
mod run;
mod suite;
#[cfg(test)]
mod tests;
mod world;

pub use expectation::Expectation;
pub use report::{Raise, TestReport};
pub use run::run;
pub use suite::{Suite, check_files};
pub use world::WorldError;
