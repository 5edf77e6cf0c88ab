//! `leakwatch filter build`.

use super::super::{Failure, Outcome, printed};
use super::{Format, report};
use crate::core::filter::{FalsePositiveRate, Manifest, StoredFile};
use crate::core::identifiers::{IdentifierKind, Region, TagKey, Tagger, mask, normalise};
use crate::core::time::EventTime;
use crate::io::customer_csv::{CsvError, CustomerCsv};
use crate::io::{filter_dir, key_file};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `leakwatch filter build`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The key, made by `leakwatch filter keygen`.
    #[arg(long, value_name = "KEY")]
    key_file: PathBuf,
    /// The filter's directory: made, or replaced whole.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The region of phone numbers without a country code: two letters of ISO 3166-1.
    #[arg(long, value_name = "CC", default_value = "CN")]
    region: Region,
    /// The share of strangers that may be taken for customers.
    #[arg(long, value_name = "P", default_value = "0.0001", value_parser = rate)]
    false_positive_rate: FalsePositiveRate,
    /// Decoy customers: a file like the customers'. One sight of them is an alert.
    #[arg(long, value_name = "FILE.csv")]
    canaries: Option<PathBuf>,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[arg(
        value_name = "CUSTOMERS.csv",
        help = "CSV with a header whose columns are kinds of identifier: phone, email, national_id, card, iban, \
                customer_id. Other columns are ignored. May be compressed (gzip, zstd); - is standard input"
    )]
    customers: PathBuf,
}

fn rate(text: &str) -> Result<FalsePositiveRate, String> {
    text.parse()
        .ok()
        .and_then(FalsePositiveRate::new)
        .ok_or_else(|| format!("expected a number from {:e} to {}", FalsePositiveRate::MIN, FalsePositiveRate::MAX))
}

/// Reads the files, builds a filter a kind, and puts the whole in place.
pub fn run(args: &Args) -> Outcome {
    let key = key_file::read(&args.key_file).map_err(Failure::usage)?;
    filter_dir::check_target(&args.out).map_err(Failure::usage)?;
    let reader = Reader { tagger: Tagger::new(&key), region: args.region };
    let customers = reader.read(&args.customers)?;
    let canaries = args.canaries.as_deref().map(|path| reader.read(path)).transpose()?;
    let rows = customers.rows;
    let (manifest, files) = build(args, &key, customers, canaries)?;
    let key_path = std::path::absolute(&args.key_file).unwrap_or_else(|_| args.key_file.clone());
    filter_dir::replace(&args.out, &manifest, &files, &key_path).map_err(Failure::run)?;
    let title = format!("{}: filter of {} rows", args.out.display(), report::grouped(rows));
    let mut first = serde_json::Map::new();
    first.insert("dir".to_owned(), json!(args.out));
    first.insert("rows".to_owned(), json!(rows));
    printed(report::manifest(args.format, &title, first, &manifest))
}

type Built = (Manifest, Vec<(StoredFile, Vec<u8>)>);

fn build(args: &Args, key: &TagKey, mut customers: Tags, mut canaries: Option<Tags>) -> Result<Built, Failure> {
    let built_at = EventTime::from_millis(jiff::Timestamp::now().as_millisecond()).unwrap_or(EventTime::MIN);
    let mut manifest = Manifest::new(built_at, args.region, &key.fingerprint());
    let mut files = Vec::new();
    for kind in &IdentifierKind::BUILT_IN {
        let of_customers = customers.take(kind);
        let of_canaries = canaries.as_mut().and_then(|tags| tags.take(kind));
        if of_customers.is_some() || of_canaries.is_some() {
            let rate = args.false_positive_rate;
            files.extend(manifest.add_kind(kind.name(), of_customers, of_canaries, rate).map_err(Failure::run)?);
        }
    }
    Ok((manifest, files))
}

/// Tags by kind; a kind that the file has no column of is not here.
struct Tags {
    rows: u64,
    kinds: Vec<(IdentifierKind, Vec<u64>)>,
}

impl Tags {
    fn take(&mut self, kind: &IdentifierKind) -> Option<Vec<u64>> {
        let at = self.kinds.iter().position(|(own, _)| own == kind)?;
        Some(self.kinds.swap_remove(at).1)
    }
}

/// Values of one column that hold no identifier of its kind.
#[derive(Clone, Copy, Default)]
struct Unusable {
    count: u64,
    first_line: u64,
}

struct Reader {
    tagger: Tagger,
    region: Region,
}

impl Reader {
    /// Reads a file into tags; notices go to standard error.
    fn read(&self, path: &Path) -> Result<Tags, Failure> {
        let progress = progress(path);
        let watched = progress.clone();
        let csv = CustomerCsv::open(path, move |raw| Box::new(watched.wrap_read(raw))).map_err(csv_failure)?;
        notice_ignored(path, &csv.ignored);
        let kinds: Vec<IdentifierKind> = csv.columns.iter().map(|column| column.kind.clone()).collect();
        let mut tags: Vec<Vec<u64>> = vec![Vec::new(); kinds.len()];
        let mut unusable = vec![Unusable::default(); kinds.len()];
        let mut normal = String::new();
        let rows = csv
            .read(|place, value, line| {
                let kind = &kinds[place];
                match std::str::from_utf8(value) {
                    Ok(text) if text.trim().is_empty() => {}
                    Ok(text) if normalise(kind, text, self.region, &mut normal) => {
                        tags[place].push(self.tagger.tag(kind.name(), &normal).0);
                    }
                    Ok(_) | Err(_) => unusable[place].add(line),
                }
            })
            .map_err(csv_failure)?;
        progress.finish_and_clear();
        notice_unusable(path, &kinds, &unusable);
        Ok(Tags { rows, kinds: merged(kinds, tags) })
    }
}

impl Unusable {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first_line = line;
        }
        self.count += 1;
    }
}

/// Two columns of one kind are one base.
fn merged(kinds: Vec<IdentifierKind>, tags: Vec<Vec<u64>>) -> Vec<(IdentifierKind, Vec<u64>)> {
    let mut merged: Vec<(IdentifierKind, Vec<u64>)> = Vec::new();
    for (kind, tags) in kinds.into_iter().zip(tags) {
        match merged.iter_mut().find(|(own, _)| *own == kind) {
            Some((_, own)) => own.extend(tags),
            None => merged.push((kind, tags)),
        }
    }
    merged
}

/// Drawn on a terminal only.
fn progress(path: &Path) -> ProgressBar {
    let Ok(length) = std::fs::metadata(path).map(|file| file.len()) else { return ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(length).with_message(path.display().to_string());
    style.map_or_else(|_| ProgressBar::hidden(), |style| bar.with_style(style))
}

fn notice_ignored(path: &Path, ignored: &[String]) {
    if !ignored.is_empty() {
        // A header of values rather than names must not be shown.
        let names: Vec<_> = ignored.iter().map(|name| mask(name)).collect();
        eprintln!("leakwatch: {}: columns ignored, not kinds of identifier: {}", path.display(), names.join(", "));
    }
}

fn notice_unusable(path: &Path, kinds: &[IdentifierKind], unusable: &[Unusable]) {
    for (kind, Unusable { count, first_line }) in kinds.iter().zip(unusable).filter(|(_, found)| found.count > 0) {
        let count = report::grouped(*count);
        eprintln!("leakwatch: {}: column {kind}: {count} values hold none, first in line {first_line}", path.display());
    }
}

/// A file that is not there or has no usable header is wrong usage; one that breaks on the way is not.
fn csv_failure(error: CsvError) -> Failure {
    match error {
        CsvError::Open { .. } | CsvError::NoKind { .. } => Failure::usage(error),
        CsvError::Read { .. } | CsvError::Fields { .. } | CsvError::Row { .. } => Failure::run(error),
    }
}
