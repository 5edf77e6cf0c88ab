//! Sliding windows over event time, in slices.
//!
//! A window of length W at time t holds (t−W, t]. It is counted in whole slices of W/60, the slice that holds t−W
//! included: the error is at most one slice, and always on the side of counting too much.

mod distinct;
mod ring;
mod seen;
mod slices;
mod sums;
#[cfg(test)]
mod tests;

pub use distinct::{Distinct, EXACT_UP_TO};
pub use seen::{LastOnly, Recent, SeenTime};
pub use slices::{Seconds, SliceIndex, first_slice, slice_end, slice_of};
pub use sums::{Mark, SumRing, Sums};

/// Rings keep what a window that ended this long ago still needs: the longest lateness that can be configured.
pub const RETAINED_LATENESS: crate::core::time::Millis = crate::core::time::Millis::from_hours(1);
