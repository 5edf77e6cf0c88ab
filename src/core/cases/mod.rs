//! Cases: incidents that are one leak, put together from the incidents topic alone.

mod audit;
mod book;
mod precision;
mod pseudonyms;
mod timeline;
mod verdict;

pub use audit::{Action, Audited};
pub use book::{Case, CaseBook, MAX_INCIDENTS, Step, Told};
pub use precision::{Precision, RuleWeek, RuleWeeks, overall, recent, weekly};
pub use pseudonyms::Pseudonyms;
pub use timeline::{MAX_SIGHTINGS, POINTS, Point, Timeline};
pub use verdict::{Judgement, Verdict};
