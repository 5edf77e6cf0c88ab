//! Rules: their files, the checks on them, and what the engine runs.

mod check;
mod exceptions;
mod filter;
mod limits;
mod model;
mod raw;
mod raw_filter;
mod raw_test;
mod shipped;
mod sides;
#[cfg(test)]
mod tests;

pub use check::{RuleError, RuleText, check, check_documents, version};
pub use filter::{Context, Filter, customers_named};
pub use limits::{LimitSource, LimitTable, Limits};
pub use model::{BaselineSpec, Excepted, Exception, Rule, RuleSet, Shape, Subject};
pub use raw::{FirstSeen, Mode, RawRuleFile};
pub use raw_filter::Address;
pub use raw_test::{RawExpectation, RawTest, RawTestEvent};
pub use shipped::SHIPPED;
pub use sides::{meet, on_side, side_of};
