//! The files of a simulation.

use super::super::Failure;
use crate::core::time::EventTime;
use crate::simulate::{AttackTruth, CANARIES, CustomerBase, CustomerIndex, SimulateSettings, Topic, World};
use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The last file written: where it is, the simulation is complete.
const TRUTH: &str = "truth.json";
const TRUTH_SCHEMA: u32 = 1;
const BUFFER_BYTES: usize = 1 << 20;
/// Events between two moves of the progress bar.
const EVENTS_A_MOVE: u64 = 4_096;

/// A directory that is ready to be written.
#[derive(Debug)]
pub struct Output {
    dir: PathBuf,
}

/// What was written into a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileCount {
    /// Its name inside the directory.
    pub file: String,
    /// Records: lines, without a header.
    pub records: u64,
    /// Its size.
    pub bytes: u64,
}

/// What `truth.json` holds.
#[derive(Serialize)]
struct TruthFile<'a> {
    schema: u32,
    settings: serde_json::Value,
    attacks: Vec<AttackTruth>,
    files: &'a [FileCount],
}

/// A file being written, counted.
struct Counted {
    writer: BufWriter<File>,
    path: PathBuf,
    count: FileCount,
}

impl Output {
    /// Makes `dir` where it is missing.
    ///
    /// # Errors
    /// Usage where it is not empty and `force` is not set; run where it cannot be made or read.
    pub fn open(dir: &Path, force: bool) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::run(anyhow!(error).context(format!("{}", dir.display())));
        fs::create_dir_all(dir).map_err(failed)?;
        let is_empty = fs::read_dir(dir).map_err(failed)?.next().is_none();
        if !is_empty && !force {
            let message = "expected an empty directory, or --force to replace the files of a simulation in it";
            return Err(Failure::usage(anyhow!("{}: {message}", dir.display())));
        }
        match fs::remove_file(dir.join(TRUTH)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(Self { dir: dir.to_owned() }),
        }
    }

    /// Writes everything about `world`, the ground truth last.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn write(&self, world: &World) -> Result<Vec<FileCount>> {
        let base = &world.scene().base;
        let settings = &world.scene().settings;
        let mut counts = vec![
            self.customers("customers.csv", base, 0..base.count())?,
            self.customers("canaries.csv", base, base.canaries())?,
            self.directory(world)?,
        ];
        counts.extend(self.events(world)?);
        self.create("leakwatch.yaml")?.text(&configuration(settings)).and_then(Counted::finish)?;
        counts.push(self.truth_customers(world)?);
        self.truth(world, &counts)?;
        Ok(counts)
    }

    fn customers(&self, name: &str, base: &CustomerBase, who: std::ops::Range<CustomerIndex>) -> Result<FileCount> {
        let mut file = self.create(name)?.text("customer_id,phone,email,name,national_id\n")?;
        for index in who {
            let customer = base.customer(index);
            let id = customer.national_id().map(|id| id.to_string()).unwrap_or_default();
            let (number, phone, email) = (customer.customer_id(), customer.phone(), customer.email());
            file.record(&format!("{number},{phone},{email},{},{id}", customer.name()))?;
        }
        file.finish()
    }

    fn directory(&self, world: &World) -> Result<FileCount> {
        let mut file = self.create("directory.ndjson")?;
        let scene = world.scene();
        for line in scene.population.directory_lines(&scene.settings.zone.name, scene.settings.start) {
            file.record(&line)?;
        }
        file.finish()
    }

    fn events(&self, world: &World) -> Result<Vec<FileCount>> {
        let calendar = &world.scene().calendar;
        let bar = progress(calendar.end().since(calendar.start()).as_millis());
        let mut files = Vec::new();
        for topic in Topic::ALL {
            files.push(self.create(&format!("{}.ndjson", topic.name()))?);
        }
        for (event, number) in world.events().zip(0_u64..) {
            let file = match event.topic {
                Topic::Queries => 0,
                Topic::Egress => 1,
            };
            files[file].record(&event.line)?;
            if number.is_multiple_of(EVENTS_A_MOVE) {
                bar.set_position(u64::try_from(event.time.since(calendar.start()).as_millis()).unwrap_or(0));
            }
        }
        bar.finish_and_clear();
        files.into_iter().map(Counted::finish).collect()
    }

    fn truth_customers(&self, world: &World) -> Result<FileCount> {
        let mut file = self.create("truth-customers.csv")?.text("attack,customer_id,read_at,sent_at,named\n")?;
        for truth in world.truth() {
            for (index, touch) in &truth.touches {
                let id = world.scene().base.customer(*index).customer_id();
                let time = |at: Option<_>| at.map(|at: EventTime| at.to_string()).unwrap_or_default();
                let named = if touch.read_named || touch.sent_named { "yes" } else { "no" };
                let (read, sent) = (time(touch.read_at), time(touch.sent_at));
                file.record(&format!("{},{id},{read},{sent},{named}", truth.name))?;
            }
        }
        file.finish()
    }

    fn truth(&self, world: &World, counts: &[FileCount]) -> Result<()> {
        let truth = TruthFile {
            schema: TRUTH_SCHEMA,
            settings: settings_of(&world.scene().settings),
            attacks: world.truth(),
            files: counts,
        };
        let text = serde_json::to_string_pretty(&truth).context("the ground truth as JSON")?;
        self.create(TRUTH)?.text(&text)?.text("\n")?.finish()?;
        Ok(())
    }

    fn create(&self, name: &str) -> Result<Counted> {
        let path = self.dir.join(name);
        let file = File::create(&path).with_context(|| format!("{}", path.display()))?;
        let count = FileCount { file: name.to_owned(), records: 0, bytes: 0 };
        Ok(Counted { writer: BufWriter::with_capacity(BUFFER_BYTES, file), path, count })
    }
}

impl Counted {
    fn record(&mut self, line: &str) -> Result<()> {
        self.count.records += 1;
        self.put(line.as_bytes())?;
        self.put(b"\n")
    }

    fn text(mut self, text: &str) -> Result<Self> {
        self.put(text.as_bytes())?;
        Ok(self)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.count.bytes += bytes.len() as u64;
        self.writer.write_all(bytes).with_context(|| format!("{}", self.path.display()))
    }

    fn finish(mut self) -> Result<FileCount> {
        self.writer.flush().with_context(|| format!("{}", self.path.display()))?;
        Ok(self.count)
    }
}

/// A bar on a terminal, nothing in a pipe.
fn progress(span_ms: i64) -> ProgressBar {
    let style = ProgressStyle::with_template("simulating {wide_bar} {percent} % {elapsed}");
    let bar = ProgressBar::new(u64::try_from(span_ms).unwrap_or(0));
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

fn settings_of(settings: &SimulateSettings) -> serde_json::Value {
    let life: Vec<_> = settings.life.iter().map(|life| life.name()).collect();
    json!({
        "seed": settings.seed,
        "actors": settings.actors,
        "customers": settings.customers,
        "canaries": CANARIES,
        "start": settings.start.to_string(),
        "days": settings.days,
        "timezone": settings.zone.name,
        "received": settings.received,
        "life": life,
    })
}

/// A configuration for `leakwatch replay --config`; its paths are beside it.
fn configuration(settings: &SimulateSettings) -> String {
    format!(
        "# For `leakwatch replay --config leakwatch.yaml db-queries=db-queries.ndjson egress=egress.ndjson`, run here.\n\
         # The customer filter is built first, by\n\
         #   leakwatch filter keygen tag.key\n\
         #   leakwatch filter build --key-file tag.key --out filters --canaries canaries.csv customers.csv\n\
         # and then named by `--filters filters --key-file tag.key`, or by the line that begins with `# filters:`.\n\
         version: 1\n\
         deployment: simulated\n\
         sources:\n  \
           - {{topic: db-queries, decoder: native, type: query}}\n  \
           - {{topic: egress, decoder: native, type: egress}}\n\
         customer_objects: [customer, customers, \"*.customer\", \"*.customers\"]\n\
         directory: {{file: directory.ndjson, timezone: {}}}\n\
         # filters: {{dir: filters, key_files: [tag.key]}}\n",
        settings.zone.name
    )
}
