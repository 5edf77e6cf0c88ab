//! Nothing besides ordinary work.

use super::Life;

/// `quiet`
#[derive(Debug)]
pub struct Quiet;

impl Life for Quiet {
    fn name(&self) -> &'static str {
        "quiet"
    }

    fn about(&self) -> &'static str {
        "nothing besides ordinary work"
    }
}
