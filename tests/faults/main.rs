//! Faults on real parts: three Kafka brokers, processes of the built binary, a reference model that says what must be
//! raised. Nothing may be lost, and nothing added.
//!
//! `make test` runs the short form; `make faults` the long one, whose figures are in docs/FAULTS.md. Every run is seeded;
//! the seed is printed first. What a seed fixes is the stories and the kinds and times of faults: how the machine schedules
//! is not repeatable.

#[path = "../common/mod.rs"]
mod common;
mod feed;
mod fleet;
mod inflict;
mod judge;
mod plan;
mod receiver;
mod report;
mod stores;
mod story;

use common::brokers::Brokers;
use common::kafka::eventually;
use common::process::leakwatch;
use feed::{Feed, PARTITIONS};
use fleet::{Fleet, faketime};
use inflict::{Fault, SESSION_TIMEOUT_MS, Trouble, lock};
use judge::Verdict;
use leakwatch::config::settings::Role;
use leakwatch::core::activity::{BatchReader, Record};
use leakwatch::core::ingest::partition_of;
use plan::Plan;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use receiver::{Mood, Receiver};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use stores::Stores;

const TEST: &str = "faults";
/// Partitions of the activity log.
pub const ACTIVITY_PARTITIONS: i32 = 6;
/// What must be raised is waited for this long after the last fault.
const HEALED_WITHIN: Duration = Duration::from_mins(6);
/// The sink has a backlog of its own; it is through where nothing was told for so long.
const TOLD_WITHIN: Duration = Duration::from_secs(8);

fn configuration(directory: &Path, brokers: &str, hook: &str, state: &str, port: u16) -> String {
    let directory = directory.display();
    let topics = ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit"];
    let topics = topics.map(|topic| format!("  {topic}: {TEST}.{topic}\n")).concat();
    format!(
        "version: 1\ndeployment: {TEST}\n\
         kafka: {{brokers: [{brokers}], client: {{session.timeout.ms: \"{SESSION_TIMEOUT_MS}\"}}}}\ntopics:\n{topics}\
         \x20 partitions: {{activity: {ACTIVITY_PARTITIONS}}}\n\
         sources:\n  - {{topic: {TEST}.queries, decoder: native, type: query}}\n\
         \x20 - {{topic: {TEST}.egress, decoder: native, type: egress}}\n\
         rules: {{files: [{directory}/rules.yaml]}}\n{state}\
         sinks:\n  - {{name: hook, kind: webhook, url: \"{hook}\", min_severity: info}}\n\
         http: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n"
    )
}

/// A deployment under load.
struct Bench {
    trouble: Trouble,
    feed: Feed,
    directory: tempfile::TempDir,
}

impl Bench {
    fn new(plan: &Plan) -> Option<Self> {
        let brokers = Brokers::start(TEST)?;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().to_owned();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
        let stores = Arc::new(Stores::new(TEST, &path, plan.place_at(Duration::ZERO)));
        fs::write(path.join("rules.yaml"), story::rules()).expect("written");
        let receiver = Receiver::start();
        let names = ["queries", "egress"].map(|source| format!("{TEST}.{source}"));
        create_sources(&brokers, &names);
        let addresses = brokers.addresses().split(',').map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(", ");
        let (hook, at, kept_in) = (receiver.url.clone(), path.clone(), Arc::clone(&stores));
        let configure = move |port| configuration(&at, &addresses, &hook, &kept_in.section(), port);
        fs::write(path.join("topics.yaml"), configure(0)).expect("written");
        leakwatch(&["topics", "apply", "--config", path.join("topics.yaml").to_str().expect("text")]);
        let feed = Feed::new(&brokers.config(), names, &path, plan.seed);
        let trouble = Trouble {
            fleet: Arc::new(Mutex::new(Fleet::new(&path, configure))),
            brokers: Arc::new(Mutex::new(brokers)),
            receiver: Arc::new(receiver),
            stores,
            deployment: TEST.to_owned(),
            activity: format!("{TEST}.activity"),
            done: Arc::default(),
        };
        Some(Self { trouble, feed, directory })
    }

    /// Load and faults together; then load alone until what has begun is told.
    fn run(&mut self, plan: &Plan) {
        let over = Arc::new(AtomicBool::new(false));
        let kills = [(Fault::Kill, 4), (Fault::KillInSnapshotWrite, 1)];
        let began = Instant::now();
        let of_store = {
            let (trouble, plan) = (self.trouble.clone(), *plan);
            move || {
                let moves =
                    trouble.stores.can_move_to(plan.place_at(began.elapsed())) && plan::wanted(Fault::StoreMoved);
                if moves { vec![(Fault::StoreMoved, 1)] } else { Fault::of_store(trouble.stores.place()).to_vec() }
            }
        };
        let threads = [
            self.inflicted(plan.rng(1), plan.kill_every, &over, move || kills.to_vec()),
            self.inflicted(plan.rng(2), plan.fault_every, &over, || Fault::OTHERS.to_vec()),
            self.inflicted(plan.rng(3), plan.store_every, &over, of_store),
        ];
        self.feed.run(plan.load, plan.events_a_second);
        over.store(true, Ordering::SeqCst);
        for thread in threads {
            thread.join().expect("faults are inflicted");
        }
        self.trouble.receiver.feel(Mood::Well);
        self.feed.settle();
    }

    /// A fault `every` so often, of those that there are at the time, each with its weight.
    fn inflicted(
        &self,
        mut rng: ChaCha8Rng,
        every: Duration,
        over: &Arc<AtomicBool>,
        faults: impl Fn() -> Vec<(Fault, usize)> + Send + 'static,
    ) -> thread::JoinHandle<()> {
        let (trouble, over) = (self.trouble.clone(), Arc::clone(over));
        thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                thread::sleep(every.mul_f64(rng.random_range(0.5..1.5)));
                let wanted: Vec<_> = faults().into_iter().filter(|(fault, _)| plan::wanted(*fault)).collect();
                if let Ok((fault, _)) = wanted.choose_weighted(&mut rng, |(_, weight)| *weight) {
                    trouble.inflict(*fault, &mut rng);
                }
            }
        })
    }

    /// Waits for what comes after everything else in every partition: twice, since pools go from partition to partition.
    fn settle(&mut self, healed: Instant) {
        let (config, topic) = (lock(&self.trouble.brokers).config(), format!("{TEST}.incidents"));
        for round in 0..2 {
            let sentinels = self.sentinels(round);
            while !judge::raised(&config, &topic).is_superset(&sentinels) {
                if healed.elapsed() > HEALED_WITHIN {
                    return;
                }
                thread::sleep(Duration::from_millis(500));
            }
        }
        let told = || self.trouble.receiver.told().bodies.len();
        let mut before = usize::MAX;
        while before != told() {
            before = told();
            thread::sleep(TOLD_WITHIN);
        }
    }

    /// One story for each partition, told after all others; what must be raised of them.
    fn sentinels(&mut self, round: u32) -> story::Pairs {
        let before = self.feed.stories.expected.clone();
        let partitions = u32::try_from(ACTIVITY_PARTITIONS).expect("small");
        for partition in 0..partitions {
            let names = (0..).map(|n| format!("sentinel{round}-{partition}-{n}"));
            let name = names.into_iter().find(|name| partition_of(name, partitions).0 == partition).expect("a name");
            for due in self.feed.stories.sentinel(&name) {
                self.feed.tell(&due);
            }
        }
        self.feed.settle();
        self.feed.stories.expected.difference(&before).cloned().collect()
    }

    /// The same from a replay of everything that was told.
    fn replayed(&self) -> story::Pairs {
        let path = |name: &str| self.directory.path().join(name).to_str().expect("text").to_owned();
        let [queries, egress] = feed::files(self.directory.path()).map(|file| file.to_str().expect("text").to_owned());
        let (rules, out) = (path("rules.yaml"), path("replayed.ndjson"));
        leakwatch(&["replay", "--rules", &rules, "--incidents", &out, &queries, &egress]);
        let lines = fs::read_to_string(out).expect("replayed");
        let read = |line: &str| serde_json::from_str::<leakwatch::core::incident::Incident>(line).expect("an incident");
        lines.lines().map(read).map(|incident| (incident.rule, incident.entity.id)).collect()
    }

    /// Where the events of the first entities that went wrong are: in the sources, and in the log.
    fn explain(&self, verdict: &Verdict) {
        let config = lock(&self.trouble.brokers).config();
        for (rule, entity) in verdict.lost.iter().chain(&verdict.spurious).take(3) {
            println!("\n{rule} {entity}, in the sources and in the log:");
            let quoted = format!("\"{entity}\"");
            for source in ["queries", "egress"] {
                let name = format!("{TEST}.{source}");
                let lines = common::kafka::read_all(&config, &name);
                lines.iter().map(|line| (line, String::from_utf8_lossy(&line.value))).for_each(|(line, text)| {
                    if text.contains(&quoted) {
                        println!("  {name} [{}] {}: {text}", line.partition, line.offset);
                    }
                });
            }
            for line in common::kafka::read_all(&config, &self.trouble.activity) {
                let records = BatchReader::new(&line.value).expect("a batch").filter_map(Result::ok);
                for record in records {
                    if let Record::Activity(activity) = record
                        && activity.actor == entity
                    {
                        println!("  log [{}] {}: {:?} {}", line.partition, line.offset, activity.origin, activity.time);
                    }
                }
            }
        }
    }

    fn judge(&self, done: &BTreeMap<Fault, u32>) -> Verdict {
        let (config, told) = (lock(&self.trouble.brokers).config(), self.trouble.receiver.told());
        let damaged = done.iter().any(|(fault, times)| fault.damages() && *times > 0);
        let expected = judge::Expected { stories: &self.feed.stories.expected, damaged };
        let mut verdict = judge::judge(&config, &format!("{TEST}.incidents"), &expected, &told);
        let twice = judge::told_twice(&config, &format!("{TEST}.queries"));
        verdict.told_twice = twice.len();
        let right = |(rule, actor): &(String, String)| {
            rule != "exact-events" || !twice.iter().any(|line| line.contains(&format!("\"{actor}\"")))
        };
        verdict.lost.retain(right);
        verdict.spurious.retain(right);
        verdict
    }
}

fn create_sources(brokers: &Brokers, names: &[String; 2]) {
    let admin: AdminClient<DefaultClientContext> = brokers.config().create().expect("an admin client");
    let topics = names.each_ref().map(|name| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(3)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(admin.create_topics(&topics, &AdminOptions::new())).expect("an answer");
    for topic in answer {
        topic.expect("created");
    }
}

/// Starts what has ended, for as long as the guard lives.
fn supervised(fleet: &Arc<Mutex<Fleet>>, over: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let (fleet, over) = (Arc::clone(fleet), Arc::clone(over));
    thread::spawn(move || {
        while !over.load(Ordering::SeqCst) {
            lock(&fleet).supervise();
            thread::sleep(Duration::from_millis(100));
        }
    })
}

#[test]
fn nothing_is_lost_and_nothing_is_added() {
    let plan = Plan::long().unwrap_or_else(|| Plan::short(plan::seed()));
    println!("{plan:?}");
    assert!(
        faketime().is_some() || std::env::var("CI").as_deref() != Ok("true"),
        "libfaketime is missing (on Debian: apt-get install faketime), and CI=true, so nothing may be left out"
    );
    if faketime().is_none() {
        eprintln!(
            "=== SKIPPED: 1 kind of fault, clocks that jump: libfaketime is missing (on Debian: apt-get install faketime)"
        );
    }
    let Some(mut bench) = Bench::new(&plan) else { return };
    let over = Arc::new(AtomicBool::new(false));
    let supervisor = supervised(&bench.trouble.fleet, &over);
    let running = || Role::ALL.iter().all(|role| !lock(&bench.trouble.fleet).pids(*role).is_empty());
    eventually("processes run", Duration::from_mins(1), running);
    bench.run(&plan);
    let healed = Instant::now();
    bench.settle(healed);
    let recovered = healed.elapsed();
    let done: BTreeMap<Fault, u32> = lock(&bench.trouble.done).clone();
    let (verdict, replayed) = (bench.judge(&done), bench.replayed());
    over.store(true, Ordering::SeqCst);
    supervisor.join().expect("supervises");
    report::print(&plan, &bench, &verdict, &done, recovered);
    let clean = verdict.is_clean() && replayed == bench.feed.stories.expected;
    if !verdict.is_clean() {
        bench.explain(&verdict);
    }
    if !clean || std::env::var_os("FAULTS_KEEP").is_some() {
        let kept = bench.directory.keep();
        println!("logs and what was told: {}", kept.display());
    }
    assert!(verdict.is_clean(), "seed {}: {verdict:#?}", plan.seed);
    assert!(clean, "seed {}: the model and a replay differ", plan.seed);
}
