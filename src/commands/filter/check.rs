//! `leakwatch filter check`.

use super::super::{Failure, Outcome, printed};
use super::load_failure;
use crate::core::filter::{FilterSet, Manifest, Membership};
use crate::core::identifiers::{IdentifierKind, Region, TagKey, Tagger, normalise};
use crate::io::{filter_dir, key_file};
use anyhow::anyhow;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Arguments of `leakwatch filter check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The filter's directory.
    dir: PathBuf,
    #[arg(help = "The kind of identifier: phone, email, national_id, card, iban or customer_id")]
    kind: String,
    /// The value, in any spelling; `-` reads standard input, a value a line, and keeps values out of process lists.
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// The key; by default the file that the filter was built with, if it is still in its place.
    #[arg(long, value_name = "KEY")]
    key_file: Option<PathBuf>,
}

/// Prints `member`, `absent` or `canary`, a line a value.
pub fn run(args: &Args) -> Outcome {
    let manifest = filter_dir::read_manifest(&args.dir).map_err(load_failure)?;
    let key = key(args.key_file.as_deref(), &args.dir, &manifest)?;
    let filters = filter_dir::load(&args.dir, &key.fingerprint()).map_err(load_failure)?;
    if filters.kind(&args.kind).is_none() {
        let held: Vec<_> = filters.manifest().kinds.iter().map(|entry| entry.kind.as_str()).collect();
        let held = held.join(", ");
        return Err(Failure::usage(anyhow!("{}: holds no filter of that kind, only of {held}", args.dir.display())));
    }
    let region = filters.manifest().region().map_err(Failure::run)?;
    let mut checker = Checker {
        tagger: Tagger::new(&key),
        kind: IdentifierKind::from_name(&args.kind),
        region,
        filters,
        normal: String::new(),
    };
    let result = if args.value == "-" {
        checker.check_lines(io::stdin().lock(), io::BufWriter::new(io::stdout().lock()))
    } else {
        super::report::line(checker.check(&args.value))
    };
    printed(result)
}

/// The key: as given, or from where it was when the filter was built.
fn key(given: Option<&Path>, dir: &Path, manifest: &Manifest) -> Result<TagKey, Failure> {
    if let Some(path) = given {
        return key_file::read(path).map_err(Failure::usage);
    }
    let noted = filter_dir::key_path(dir, manifest)
        .ok_or_else(|| Failure::usage(anyhow!("{}: where its key is was not noted: give --key-file", dir.display())))?;
    key_file::read(&noted).map_err(|error| Failure::usage(anyhow!("{error}: give --key-file")))
}

struct Checker {
    tagger: Tagger,
    kind: IdentifierKind,
    region: Region,
    filters: FilterSet,
    normal: String,
}

impl Checker {
    fn check(&mut self, value: &str) -> &'static str {
        if !normalise(&self.kind, value, self.region, &mut self.normal) {
            return "absent";
        }
        let tag = self.tagger.tag(self.kind.name(), &self.normal);
        match self.filters.check(self.kind.name(), tag) {
            Membership::Member => "member",
            Membership::Canary => "canary",
            Membership::Absent | Membership::NoFilter => "absent",
        }
    }

    /// Answers are written out whenever no more input is waiting, so that a program may ask line by line.
    fn check_lines(&mut self, input: io::StdinLock<'_>, mut output: impl Write) -> io::Result<()> {
        let mut input = io::BufReader::new(input);
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            writeln!(output, "{}", self.check(&String::from_utf8_lossy(&line)))?;
            line.clear();
            if input.buffer().is_empty() {
                output.flush()?;
            }
        }
        output.flush()
    }
}
