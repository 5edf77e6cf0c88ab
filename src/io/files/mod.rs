//! Files of events: plain, gzip or zstd, standard input; merged by each file's own clock.

mod input;
mod lines;
mod merge;

pub use input::{InputError, open};
pub use lines::{Line, LineReader};
pub use merge::{FileSource, Merge, Merged, ReadError};
