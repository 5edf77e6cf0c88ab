//! Slices: event time cut into pieces that start at multiples of their own length since the epoch.

use crate::core::incident::Window;
use crate::core::time::{EventTime, Millis};
use serde::{Deserialize, Serialize};

/// The number of a slice of one window length, counted from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SliceIndex(pub i64);

/// Event time in whole seconds since the epoch, in half the memory. Good until the year 2106.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// The second that holds `time`; times outside 1970–2106 are clamped.
    pub fn of(time: EventTime) -> Self {
        Self(u32::try_from(time.as_millis().max(0) / 1_000).unwrap_or(u32::MAX))
    }

    /// The second's first millisecond.
    pub fn start(self) -> EventTime {
        EventTime::MIN.plus(Millis::from_secs(i64::from(self.0)))
    }

    /// The minute since the epoch.
    pub const fn minute(self) -> u32 {
        self.0 / 60
    }
}

/// The slice of `window` that holds `time`.
pub const fn slice_of(window: Window, time: EventTime) -> SliceIndex {
    let ms = time.as_millis();
    // Asked for dozens of times an event: by a constant, a division is a multiplication.
    SliceIndex(match window {
        Window::Minute => ms.div_euclid(const { Window::Minute.slice().as_millis() }),
        Window::FiveMinutes => ms.div_euclid(const { Window::FiveMinutes.slice().as_millis() }),
        Window::Hour => ms.div_euclid(const { Window::Hour.slice().as_millis() }),
        Window::Day => ms.div_euclid(const { Window::Day.slice().as_millis() }),
        Window::Week => ms.div_euclid(const { Window::Week.slice().as_millis() }),
        Window::Month => ms.div_euclid(const { Window::Month.slice().as_millis() }),
    })
}

/// The first slice that counts in the window that ends at `time`.
pub const fn first_slice(window: Window, time: EventTime) -> SliceIndex {
    slice_of(window, time.minus(window.length()))
}

/// The last millisecond of a slice: the time at which it is evaluated once more for late events.
pub const fn slice_end(window: Window, slice: SliceIndex) -> EventTime {
    EventTime::MIN.plus(Millis::new((slice.0 + 1) * window.slice().as_millis() - 1))
}
