//! `leakwatch filter inspect`.

use super::super::{Outcome, printed};
use super::{Format, load_failure, report};
use crate::io::filter_dir;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `leakwatch filter inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The filter's directory.
    dir: PathBuf,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Verifies every file's checksum, then prints the manifest. Needs no key.
pub fn run(args: &Args) -> Outcome {
    let manifest = filter_dir::verify(&args.dir).map_err(load_failure)?;
    let bytes: u64 = manifest.files().map(|file| file.bytes).sum();
    let title = format!("{}: filter, {} bytes, undamaged", args.dir.display(), report::grouped(bytes));
    let mut first = serde_json::Map::new();
    first.insert("dir".to_owned(), json!(args.dir));
    first.insert("bytes".to_owned(), json!(bytes));
    printed(report::manifest(args.format, &title, first, &manifest))
}
