//! Progress of long work: on a terminal, none in a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts records on standard error while it is a terminal.
pub fn records() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}") {
        bar.set_style(style);
    }
    bar
}
