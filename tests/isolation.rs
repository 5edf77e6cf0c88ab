//! What is stuck hides nothing else: a sink that never answers, a source whose records cannot be read, a poll thread that
//! does not turn.

mod common;

use common::gate::{Gate, Mode};
use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::{Process, free_port};
use common::service::{configuration, create_topics, start};
use leakwatch::io::kafka::heartbeat::POLL_STUCK;
use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const WITHIN: Duration = Duration::from_mins(2);
const ACTORS: u32 = 50;

/// One event of an actor pages.
const RULES: &str = r"version: 1
rules:
  - {id: seen, count: events, of: {type: query}, over: 1m, limit: {page: 1}}
tests:
  - name: pages
    events: [{at: '10:00', event: {type: query, actor: e1, rows: 1}}]
    expect: [{rule: seen, severity: page}]
  - {name: silent, expect: []}
";

fn event(actor: &str) -> Vec<u8> {
    let now = jiff::Timestamp::now();
    format!(r#"{{"type":"query","time":"{now:.3}","actor":"{actor}","objects":["customers"],"rows":3}}"#).into_bytes()
}

/// One event each of so many actors, whose names begin with `prefix`.
fn events(prefix: &str) -> Vec<(i32, Vec<u8>)> {
    (0..ACTORS).map(|n| (0, event(&format!("{prefix}{n}")))).collect()
}

/// Whom the lines of incidents page for.
fn paged(lines: impl Iterator<Item = Vec<u8>>) -> BTreeSet<String> {
    let lines = lines.map(|line| serde_json::from_slice::<serde_json::Value>(&line).expect("JSON"));
    let of_rule = lines.filter(|line| line["rule"] == "seen");
    of_rule.map(|line| line["entity"]["id"].as_str().expect("an entity").to_owned()).collect()
}

fn raised(kafka: &Kafka, test: &str) -> BTreeSet<String> {
    paged(read_all(&kafka.config(), &format!("{test}.incidents")).into_iter().map(|line| line.value))
}

fn written(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    paged(text.lines().map(|line| line.as_bytes().to_vec()))
}

fn named(prefix: &str) -> BTreeSet<String> {
    (0..ACTORS).map(|n| format!("{prefix}{n}")).collect()
}

#[test]
fn a_sink_that_never_answers_holds_up_neither_detection_nor_another_sink() {
    const TEST: &str = "stuck-sink";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("seen.yaml"), RULES).expect("written");
    create_topics(&kafka, TEST, 2);
    let (receiver, taken) = receiver();
    let gate = Gate::before(receiver);
    gate.set(Mode::Silent);
    let lines = dir.path().join("lines.ndjson");
    let sinks = format!(
        "sinks:\n  - {{name: soc, kind: webhook, url: \"http://127.0.0.1:{}/\"}}\n  \
         - {{name: disk, kind: file, path: {}}}\n",
        gate.port,
        lines.display()
    );
    let service = start(&kafka, TEST, dir.path(), "seen.yaml", &sinks);

    let (first, second) = (named("a"), named("b"));
    produce(&kafka.config(), &format!("{TEST}.source"), events("a"));
    eventually("all is raised", WITHIN, || raised(&kafka, TEST).is_superset(&first));
    eventually("the other sink has it", WITHIN, || written(&lines).is_superset(&first));
    produce(&kafka.config(), &format!("{TEST}.source"), events("b"));
    eventually("so it goes on", WITHIN, || written(&lines).is_superset(&second));
    assert!(taken.lock().expect("no panic").is_empty(), "the stuck sink has told nobody");
    assert!(service.metric("leakwatch_lag_records{partition=\"0\",topic=\"stuck-sink.source\"}") < 0.5);

    gate.set(Mode::Open);
    let both: BTreeSet<String> = first.union(&second).cloned().collect();
    eventually("it gets all of it, once it answers", WITHIN, || {
        paged(taken.lock().expect("no panic").iter().cloned()).is_superset(&both)
    });
}

type Taken = std::sync::Arc<std::sync::Mutex<Vec<Vec<u8>>>>;

/// A web server's port, and the bodies that it took.
fn receiver() -> (u16, Taken) {
    let taken = Taken::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("set");
    let bodies = std::sync::Arc::clone(&taken);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let take = move |body: axum::body::Bytes| async move {
                bodies.lock().expect("no panic").push(body.to_vec());
            };
            axum::serve(listener, axum::Router::new().route("/", axum::routing::post(take))).await
        })
    });
    (port, taken)
}

/// An unfinished transaction: whoever reads only what is committed gets nothing behind it.
fn hang(kafka: &Kafka, topic: &str) -> BaseProducer {
    let mut config = kafka.config();
    config.set("transactional.id", topic).set("transaction.timeout.ms", "600000");
    let producer: BaseProducer = config.create().expect("a producer");
    producer.init_transactions(WITHIN).expect("transactions");
    producer.begin_transaction().expect("begun");
    let unfinished = event("nobody");
    producer.send(BaseRecord::<(), [u8]>::to(topic).partition(0).payload(&unfinished)).map_err(|_| ()).expect("queued");
    producer.flush(WITHIN).expect("delivered");
    producer
}

#[test]
fn a_source_that_is_stuck_hides_no_other_and_loses_nothing() {
    const TEST: &str = "stuck-source";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("seen.yaml"), RULES).expect("written");
    create_topics(&kafka, TEST, 2);
    let stuck = format!("{TEST}.stuck");
    kafka.create_topics(&[(&stuck, 1)], &[]);
    let port = free_port();
    let yaml = configuration(&kafka, TEST, dir.path(), "seen.yaml", [port, 0], "");
    let yaml = yaml.replace("sources:\n", &format!("sources:\n  - {{topic: {stuck}, decoder: native}}\n"));
    let service = Process::start(dir.path(), "service", &yaml, port);
    eventually("it is ready", WITHIN, || service.is_ready());

    let unfinished = hang(&kafka, &stuck);
    produce(&kafka.config(), &stuck, events("behind"));
    produce(&kafka.config(), &format!("{TEST}.source"), events("other"));
    eventually("the other's are raised", WITHIN, || raised(&kafka, TEST).is_superset(&named("other")));
    assert_eq!(raised(&kafka, TEST), named("other"), "nothing behind the unfinished transaction is read");
    let behind = format!("leakwatch_lag_records{{partition=\"0\",topic=\"{stuck}\"}}");
    eventually("it is seen that it waits", WITHIN, || service.metric(&behind) >= f64::from(ACTORS));

    unfinished.abort_transaction(WITHIN).expect("aborted");
    eventually("then its records come", WITHIN, || raised(&kafka, TEST).is_superset(&named("behind")));
    assert!(!raised(&kafka, TEST).contains("nobody"), "what was aborted never happened");
}

/// The thread of a process that bears this name.
fn thread(process: &Process, name: &str) -> Pid {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.child.id())).expect("threads").flatten();
    let named = tasks
        .filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name));
    let ids: Vec<i32> = named.map(|task| task.file_name().to_str().expect("a number").parse().expect("id")).collect();
    assert_eq!(ids.len(), 1, "one thread is called {name}");
    Pid::from_raw(ids[0])
}

#[test]
fn a_poll_thread_that_no_longer_turns_ends_the_process() {
    const TEST: &str = "stuck-thread";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("seen.yaml"), RULES).expect("written");
    create_topics(&kafka, TEST, 2);
    let mut service = start(&kafka, TEST, dir.path(), "seen.yaml", "");

    // Stops this one thread, as a debugger does; the others go on.
    let stuck = thread(&service, "detect-poll");
    ptrace::seize(stuck, ptrace::Options::empty()).expect("the tests may trace what they started");
    ptrace::interrupt(stuck).expect("stopped");
    let halted = waitpid(stuck, Some(WaitPidFlag::__WALL)).expect("halted");
    assert!(matches!(halted, WaitStatus::PtraceEvent(..)), "{halted:?}");
    // Whoever traces a thread is told of its end first, and the process's only then.
    waitpid(stuck, Some(WaitPidFlag::__WALL)).expect("ended");
    let status = service.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(1), "{status} after {POLL_STUCK:?}");
    let log = service.log();
    let said = log.lines().find(|line| line.contains("a poll thread is stuck")).expect("it is said");
    assert!(said.contains(r#""stage":"detect""#), "{said}");
}

#[test]
fn a_process_leaves_no_core_dump() {
    const TEST: &str = "no-core";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("seen.yaml"), RULES).expect("written");
    create_topics(&kafka, TEST, 1);
    let service = start(&kafka, TEST, dir.path(), "seen.yaml", "");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", service.child.id())).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}
