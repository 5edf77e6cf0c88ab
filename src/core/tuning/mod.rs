//! Limits that fit a budget of pages, chosen from history: what each would have cost, and what it would have missed.
//!
//! Three steps. The history is judged once with no limits, and each actor's largest count a day is kept (`peaks`). From
//! these follows, for any limit, how many incidents a week it is expected to raise (`tail`), so that limits can be
//! tightened one after another, the one that saves most customers for each further page first, until the budget is spent
//! (`search`). What comes out is a patch of the rule files (`patch`), judged exactly, with attacks in it (`attacks`).

pub mod attacks;
mod cells;
mod dial;
mod patch;
mod peaks;
mod search;
mod tail;
#[cfg(test)]
mod tests;

pub use cells::{Cell, Knob};
pub use dial::{Dial, Raised, pages_by_rule, scaled};
pub use patch::{PatchError, Patched, patched};
pub use peaks::{Peaks, probe};
pub use search::{Budget, Point, Suggestion, curve, suggest, turned};
pub use tail::Tail;
