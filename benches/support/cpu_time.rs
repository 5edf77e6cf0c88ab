//! Measures time on the processor instead of time on the wall, so that a busy machine does not spoil a figure.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// Nanoseconds that this thread ran, from `/proc/thread-self/schedstat`.
pub struct CpuTime;

fn thread_nanoseconds() -> u64 {
    // The kernel brings the figure up to date when the thread yields.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux with scheduler statistics");
    text.split(' ').next().and_then(|field| field.parse().ok()).expect("nanoseconds on the processor first")
}

impl Measurement for CpuTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        thread_nanoseconds()
    }

    fn end(&self, start: u64) -> u64 {
        thread_nanoseconds() - start
    }

    fn add(&self, one: &u64, other: &u64) -> u64 {
        one + other
    }

    fn zero(&self) -> u64 {
        0
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        // Also nanoseconds.
        static WALL_TIME: WallTime = WallTime;
        WALL_TIME.formatter()
    }
}
