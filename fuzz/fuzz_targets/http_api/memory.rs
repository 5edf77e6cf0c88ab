//! What the console works with, in memory.

use super::{MARKED, Setup, USER_HEADER, admins};
use axum::Router;
use leakwatch::core::cases::{Audited, Judgement, Pseudonyms, Timeline, Verdict};
use leakwatch::core::history::History;
use leakwatch::core::incident::{Entity, EntityKind, Incident, IncidentId};
use leakwatch::core::time::{EventTime, Millis};
use leakwatch::io::clock::{Clock, SystemClock};
use leakwatch::io::http::Health;
use leakwatch::io::http::console::{Access, Board, Console, Explains, Ledger, router, turns};
use leakwatch::io::kafka::RunError;
use leakwatch::io::kafka::case_log::JudgeError;
use leakwatch::io::kafka::explain_log::{ExplainBounds, Explained};
use leakwatch::io::kafka::history_log::{HistoryBounds, HistoryLogError, ReadHistory};
use leakwatch::io::kafka::tail::Heard;
use leakwatch::io::lifecycle::Lifecycle;
use leakwatch::io::metrics::Metrics;
use leakwatch::io::rule_files::RuleFile;
use leakwatch::io::shared_rules::{CheckedRules, SharedRules};
use leakwatch::io::typed_text::TypedText;
use leakwatch::io::workbench::{HistorySource, Tools, Workbench};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};

/// A case that nobody has judged.
pub const OPEN: &str = "00112233445566778899aabbccddeeff";
/// A case that was expected work: an exception can be proposed for it.
pub const EXPECTED: &str = "ffeeddccbbaa99887766554433221100";
/// Whom the cases are about.
pub const ACTOR: &str = "emp0042";
/// What pseudonyms follow from.
const SECRET: &[u8] = b"a secret of this target alone";
const VERDICTS: &str = "verdicts";
const RULES: &str = "version: 1
rules:
  - {id: busy, title: Busy, count: events, of: {type: query}, by: actor, over: 1m, limit: {warn: 1, page: 3}, hold: 1s}
tests:
  - name: pages
    events: [{at: '10:00', times: 3, every: 10s, event: {type: query, actor: e1, rows: 1}}]
    expect: [{rule: busy, severity: page}]
  - {name: silent, expect: []}
";

/// What is kept: verdicts and audit lines.
pub struct Memory {
    broken: bool,
    kept: Mutex<Vec<String>>,
}

impl Memory {
    pub fn new(broken: bool) -> Self {
        Self { broken, kept: Mutex::default() }
    }

    /// How many lines.
    pub fn kept(&self) -> usize {
        self.kept.lock().expect("no panic").len()
    }

    /// All lines.
    pub fn text(&self) -> String {
        self.kept.lock().expect("no panic").join("\n")
    }

    fn keep(&self, line: &impl serde::Serialize) -> Result<(), JudgeError> {
        if self.broken {
            return Err(JudgeError::Late);
        }
        self.kept.lock().expect("no panic").push(serde_json::to_string(line)?);
        Ok(())
    }

    fn read<T>(&self, found: T) -> Result<T, RunError> {
        if self.broken { Err(RunError::TopicMissing { topic: "activity".into() }) } else { Ok(found) }
    }
}

impl Ledger for Memory {
    fn draw(&self, _: &BTreeSet<String>, _: &mut Timeline, _: EventTime) -> Result<(), RunError> {
        self.read(())
    }

    fn judge(&self, judgement: &Judgement, before: Option<Judgement>) -> Result<(), JudgeError> {
        self.audit(&Audited::verdict(before, judgement.clone()))?;
        self.keep(judgement)
    }

    fn audit(&self, audited: &Audited) -> Result<(), JudgeError> {
        self.keep(audited)
    }
}

impl Explains for Memory {
    fn explain(&self, _: &str, _: EventTime, _: &[String], _: ExplainBounds) -> Result<Explained, RunError> {
        self.read(Explained { told: Vec::new(), damaged: 0, cut: false })
    }
}

/// A log that holds nothing.
struct Nothing;

impl HistorySource for Nothing {
    fn read(
        &self,
        _: EventTime,
        _: HistoryBounds,
        _: &mut History,
        _: &mut dyn FnMut(),
    ) -> Result<ReadHistory, HistoryLogError> {
        Ok(ReadHistory::default())
    }
}

/// What every input finds as it was.
pub struct Shared {
    pub runtime: Runtime,
    lifecycle: Lifecycle,
    rules: Arc<SharedRules>,
    workbench: Arc<Workbench>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
}

impl Shared {
    pub fn new() -> Self {
        let file = RuleFile { name: "rules.yaml".into(), yaml: RULES.into() };
        let rules = Arc::new(SharedRules::new(CheckedRules::of(&[file]).expect("rules")));
        let (lifecycle, clock): (_, Arc<dyn Clock>) = (Lifecycle::new(), Arc::new(SystemClock));
        let log = Box::new(Nothing);
        let tools =
            Tools { log, rules: Arc::clone(&rules), lateness: Millis::from_hours(1), clock: Arc::clone(&clock) };
        Self {
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
            workbench: Arc::new(Workbench::start(tools, &lifecycle).expect("a thread")),
            health: Arc::new(Health::new(lifecycle.clone())),
            metrics: Arc::new(Metrics::new().expect("metrics")),
            lifecycle,
            rules,
            clock,
        }
    }

    pub fn has_failed(&self) -> bool {
        self.lifecycle.has_failed()
    }

    /// The console's router over `memory`, with a fresh limit on how often one may ask.
    pub fn router(&self, setup: Setup, memory: &Arc<Memory>) -> Router {
        let console = Console {
            board: Arc::new(board(setup)),
            log: Arc::clone(memory) as Arc<dyn Ledger>,
            explain: Arc::clone(memory) as Arc<dyn Explains>,
            turns: turns(),
            rules: Arc::clone(&self.rules),
            workbench: Arc::clone(&self.workbench),
            metrics: Arc::clone(&self.metrics),
            health: Arc::clone(&self.health),
            typed: TypedText::default(),
            clock: Arc::clone(&self.clock),
            deployment: "fuzz".into(),
        };
        let user = USER_HEADER.parse().expect("a header");
        router(console, if setup.proxied { Access::Header { user, admins: admins() } } else { Access::Local })
    }
}

/// What the actor is shown as where names are veiled.
pub fn pseudonym() -> String {
    Pseudonyms::new(SECRET).of(ACTOR)
}

fn board(setup: Setup) -> Board {
    let board = Board::new(VERDICTS, setup.veiled.then(|| Pseudonyms::new(SECRET)));
    let tell = |topic: &str, line: Vec<u8>| board.hear(Heard::Message { topic, value: &line });
    for (id, actors) in [(OPEN, vec![ACTOR.to_owned()]), (EXPECTED, vec!["emp0043".to_owned()])] {
        let entity = Entity { kind: EntityKind::Actor, id: actors[0].clone() };
        let (incident, case) = (IncidentId(id.into()), IncidentId(id.into()));
        let line = Incident {
            incident,
            case,
            rule: "busy".into(),
            summary: format!("{} was busy", actors[0]),
            entity,
            actors_total: 1,
            actors,
            ..Incident::test(EventTime::MIN, "fuzz")
        };
        tell("incidents", serde_json::to_vec(&line).expect("JSON"));
    }
    let (case, by) = (IncidentId(EXPECTED.into()), "bob".to_owned());
    let at = EventTime::MIN;
    let judgement = Judgement { schema: 1, case, verdict: Verdict::Expected, by, at, note: String::new() };
    tell(VERDICTS, serde_json::to_vec(&judgement).expect("JSON"));
    board.hear(Heard::CaughtUp);
    assert!(!RULES.contains(MARKED), "only requests name the customer");
    board
}
