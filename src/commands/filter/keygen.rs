//! `leakwatch filter keygen`.

use super::super::{Failure, Outcome, printed};
use crate::core::identifiers::{KEY_BYTES, TagKey};
use crate::io::key_file;
use std::path::PathBuf;

/// Arguments of `leakwatch filter keygen`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to write the key; an existing file is never overwritten.
    file: PathBuf,
}

/// Draws a key from the system's randomness and writes it.
pub fn run(args: &Args) -> Outcome {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Failure::run(anyhow::anyhow!("system randomness: {error}")))?;
    let key = TagKey::new(bytes);
    key_file::create(&args.file, &key).map_err(Failure::usage)?;
    printed(super::report::line(&format!("key {} written to {}", key.fingerprint(), args.file.display())))
}
