//! Known leaks, injected into a real history: by its own actors, of its own customers, on top of what they do anyway.

mod caught;
mod judged;
mod people;
mod scene;
#[cfg(test)]
mod tests;

pub use caught::{Caught, Outcome};
pub use judged::{groups, outcomes};
pub use people::{Cast, Person};
pub use scene::{Attack, Plot, Scene};

use serde::Serialize;

/// A way to carry customers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leak {
    /// Read within an hour.
    ReadInAnHour,
    /// Read over a working day.
    ReadInADay,
    /// Read over as many as five days.
    ReadInAWeek,
    /// Read, and sent out within the hour.
    ReadAndSent,
    /// Sent out, without having been read here.
    Sent,
    /// Read and sent to one place by eight people together, over a day.
    Together,
}

impl Leak {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ReadInAnHour, Self::ReadInADay, Self::ReadInAWeek, Self::ReadAndSent, Self::Sent, Self::Together];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadInAnHour => "read in an hour",
            Self::ReadInADay => "read in a day",
            Self::ReadInAWeek => "read in a week",
            Self::ReadAndSent => "read and sent",
            Self::Sent => "sent",
            Self::Together => "read and sent by eight",
        }
    }

    /// How many people take part.
    pub const fn people(self) -> usize {
        match self {
            Self::Together => 8,
            Self::ReadInAnHour | Self::ReadInADay | Self::ReadInAWeek | Self::ReadAndSent | Self::Sent => 1,
        }
    }
}
