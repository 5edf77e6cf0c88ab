//! State in object stores, against servers that speak their protocols; that of S3 verifies signatures.

mod common;

use base64::Engine as _;
use common::gate::{Gate, Mode};
use common::kafka::{Kafka, committed, eventually, produce, read_all};
use common::object_server::{Kind, ObjectServer, opened};
use common::process::{Process, free_port};
use leakwatch::core::incident::Incident;
use leakwatch::core::time::EventTime;
use leakwatch::core::units::{Offset, Partition, Position};
use leakwatch::io::snapshots::{Header, KEEP_LAST, Scope, Snapshot, SnapshotError, SnapshotStore};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use rdkafka::ClientConfig;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const WITHIN: Duration = Duration::from_mins(1);
/// A process ends within ten seconds, drained or not; a little more for it to be seen.
const ENDED_WITHIN: Duration = Duration::from_secs(13);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

fn snapshot(offset: u64, state: &[u8], written_at: EventTime) -> Snapshot {
    let header = Header {
        deployment: "shop".into(),
        topic: "activity".into(),
        partition: Partition(0),
        partitions: 2,
        position: Position { offset: Offset(offset), ..Position::default() },
        written_at,
        state_bytes: state.len() as u64,
    };
    Snapshot { header, state: state.to_vec() }
}

fn offsets(store: &SnapshotStore, partition: u32) -> Vec<u64> {
    store.list(Partition(partition)).expect("lists").iter().map(|name| name.offset.0).collect()
}

/// What every store has to do, whoever serves it.
fn keeps_snapshots(kind: Kind, test: &str) {
    let Some(server) = ObjectServer::start(kind, test) else { return };
    let runtime = runtime();
    let store = server.snapshots("shop", "activity", &runtime);
    assert_eq!(offsets(&store, 0), [0; 0], "an empty store has none");
    let (first, second) = (EventTime::MIN, EventTime::from_millis(1_336_000_000_000).expect("a time"));
    for offset in [5, 100, 20] {
        store.put(&snapshot(offset, b"state", first)).expect("writes");
    }
    store.put(&snapshot(100, b"state", second)).expect("an equal one is no error");
    assert_eq!(offsets(&store, 0), [100, 20, 5]);
    assert_eq!(offsets(&store, 1), [0; 0]);
    let newest = store.list(Partition(0)).expect("lists").remove(0);
    let read = store.read(Partition(0), &newest).expect("reads");
    assert_eq!((read.state.as_slice(), read.header.written_at), (&b"state"[..], first), "it was written once");
    store.put(&snapshot(200, &vec![7; 3 << 20], first)).expect("writes");
    assert_eq!(store.clear_up(Partition(0)).expect("clears up"), 1);
    assert_eq!(offsets(&store, 0).len(), KEEP_LAST);
    assert_eq!(offsets(&server.snapshots("other", "activity", &runtime), 0), [0; 0]);
    assert!(matches!(store.read(Partition(1), &newest), Err(SnapshotError::Foreign)));
}

#[test]
fn s3_keeps_snapshots_each_written_once() {
    keeps_snapshots(Kind::S3, "s3_keeps_snapshots_each_written_once");
}

#[test]
fn azure_keeps_snapshots_each_written_once() {
    keeps_snapshots(Kind::Azure, "azure_keeps_snapshots_each_written_once");
}

/// No server that speaks Google's XML protocol can be had here: what it would be asked is read instead.
#[test]
fn google_is_asked_to_write_only_what_is_absent_by_a_signed_service_account() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut asked = Vec::new();
        while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut some = [0; 4_096];
            let read = client.read(&mut some).expect("a request");
            asked.extend_from_slice(&some[..read]);
        }
        client.write_all(b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n").expect("an answer");
        String::from_utf8_lossy(&asked).into_owned()
    });
    let directory = tempfile::tempdir().expect("a directory");
    let key = PKey::from_rsa(Rsa::generate(2_048).expect("a key")).expect("a key");
    let pem = String::from_utf8(key.private_key_to_pem_pkcs8().expect("PEM")).expect("text");
    let account = serde_json::json!({"private_key": pem, "private_key_id": "1", "client_email": "leakwatch@box"});
    std::fs::write(directory.path().join("account.json"), account.to_string()).expect("written");
    let state = format!(
        "{{store: \"gs://box/some/where\", gcs: {{endpoint: \"http://127.0.0.1:{port}\", allow_http: true, \
         service_account_file: {}/account.json}}}}",
        directory.path().display()
    );
    let store = opened(&format!("state: {state}\n"));
    let runtime = runtime();
    let scope = Scope { deployment: "shop".into(), topic: "activity".into() };
    let store = SnapshotStore::new(store, scope, 1, runtime.handle().clone());
    store.put(&snapshot(5, b"state", EventTime::MIN)).expect("one that is there is no error");

    let asked = asked.join().expect("a request");
    assert!(asked.starts_with("PUT /box/some%2Fwhere%2Fshop%2Factivity%2F00000%2F00000000000000000005"), "{asked}");
    assert!(asked.contains("x-goog-if-generation-match: 0\r\n"), "{asked}");
    let token = asked.split("authorization: Bearer ").nth(1).and_then(|rest| rest.lines().next()).expect("a token");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let signature = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
    assert!(verifier.verify_oneshot(&signature, signed.as_bytes()).expect("verified"));
}

#[test]
fn what_is_damaged_only_on_its_way_is_read_again() {
    const TEST: &str = "what_is_damaged_only_on_its_way_is_read_again";
    let Some(server) = ObjectServer::start(Kind::S3, TEST) else { return };
    let (runtime, gate) = (runtime(), Gate::before(server.port));
    let scope = Scope { deployment: "shop".into(), topic: "activity".into() };
    let store = opened(&server.state(gate.port, ""));
    let store = SnapshotStore::new(store, scope, 1, runtime.handle().clone());
    store.put(&snapshot(5, b"state", EventTime::MIN)).expect("writes");
    let name = store.list(Partition(0)).expect("lists").remove(0);
    for mode in [Mode::Garbled(1), Mode::Garbled(97), Mode::Cut] {
        gate.once(mode);
        let read = store.read(Partition(0), &name).unwrap_or_else(|error| panic!("{mode:?}: {error}"));
        assert_eq!(read.state, b"state");
        gate.set(mode);
        assert!(matches!(store.read(Partition(0), &name), Err(SnapshotError::Format(_))), "{mode:?}");
    }
    assert_eq!(gate.hurt(), 9, "once, and then both times");
}

#[test]
fn a_wrong_secret_is_said_and_never_shown() {
    let Some(server) = ObjectServer::start(Kind::S3, "a_wrong_secret_is_said_and_never_shown") else { return };
    let secret = std::fs::read_to_string(server.file("secret")).expect("a secret");
    std::fs::write(server.file("secret"), "hunter2hunter2\n").expect("written");
    let runtime = runtime();
    let refused = server.snapshots("shop", "activity", &runtime).list(Partition(0)).expect_err("refused");
    let told = format!("{refused:?}");
    assert!(told.contains("SignatureDoesNotMatch"), "{told}");
    assert!(!told.contains("hunter2") && !told.contains(secret.trim()), "{told}");
}

/// Six customers are many; a process that began anew would need them all again.
const RULES: &str = "version: 1\nrules:\n  - id: bulk-read\n    title: many\n    mode: live\n    count: customers_named\n    \
                     of: {type: query}\n    by: actor\n    over: 1h\n    limit: {warn: 6}\n    hold: 1h\n";

struct Bench<'a> {
    test: &'static str,
    kafka: &'a Kafka,
    directory: tempfile::TempDir,
    state: String,
    customers: u32,
    starts: u32,
}

impl<'a> Bench<'a> {
    fn new(test: &'static str, kafka: &'a Kafka, state: String) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("rules.yaml"), RULES).expect("written");
        common::service::create_topics(kafka, test, 1);
        Self { test, kafka, directory, state, customers: 0, starts: 0 }
    }

    fn config(&self) -> ClientConfig {
        self.kafka.config()
    }

    fn topic(&self, what: &str) -> String {
        format!("{}.{what}", self.test)
    }

    fn start(&mut self) -> Process {
        self.starts += 1;
        let (test, directory) = (self.test, self.directory.path().display());
        let topics = ["activity", "incidents", "shadow", "rejected", "dead_letters", "verdicts", "audit"];
        let topics = topics.map(|topic| format!("  {topic}: {test}.{topic}\n")).concat();
        let (config, port) = (self.config(), free_port());
        let brokers = config.get("bootstrap.servers").expect("set");
        let yaml = format!(
            "version: 1\ndeployment: {test}\n\
             kafka: {{brokers: [\"{brokers}\"], client: {{session.timeout.ms: \"6000\"}}}}\ntopics:\n{topics}\
             sources:\n  - {{topic: {test}.source, decoder: native}}\nrules: {{files: [{directory}/rules.yaml]}}\n{}\
             http: {{metrics: \"127.0.0.1:{port}\", console: \"127.0.0.1:0\"}}\n",
            self.state
        );
        let name = format!("service{}", self.starts);
        Process::start(self.directory.path(), &name, &yaml, port)
    }

    fn ready(&mut self) -> Process {
        let mut process = self.start();
        let until = Instant::now() + WITHIN;
        while !process.is_ready() {
            let ended = process.child.try_wait().expect("a child").is_some();
            assert!(!ended && Instant::now() < until, "not ready: {:?}: {}", process.get("/readyz"), process.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        process
    }

    /// So many further customers are read by `actor`, now.
    fn read(&mut self, actor: &str, customers: u32) {
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis();
        let event = |n: u32| {
            format!(
                r#"{{"type":"query","id":"{n}","time":{now},"actor":"{actor}","objects":["customers"],"rows":1,"identifiers":{{"phone":["1380013{n:04}"]}}}}"#
            )
        };
        let events = (self.customers..self.customers + customers).map(|n| (0, event(n).into_bytes()));
        produce(&self.config(), &self.topic("source"), events);
        self.customers += customers;
    }

    fn is_raised(&self, rule: &str, id: Option<&str>) -> bool {
        let lines = read_all(&self.config(), &self.topic("incidents"));
        let incidents = lines.iter().map(|line| serde_json::from_slice::<Incident>(&line.value).expect("an incident"));
        let mut of_it = incidents.filter(|it| it.rule == rule && id.is_none_or(|id| it.entity.id == id));
        of_it.next().is_some()
    }

    fn await_raised(&self, rule: &str, id: Option<&str>) {
        eventually(&format!("{rule} {id:?}"), WITHIN, || self.is_raised(rule, id));
    }

    /// Waits until a snapshot holds everything that is in the log now; its end.
    fn await_snapshot(&self) -> i64 {
        let lines = read_all(&self.config(), &self.topic("activity"));
        let end = lines.last().map_or(0, |line| line.offset) + 1;
        let group = format!("leakwatch-{}-detect", self.test);
        let reached = || committed(&self.config(), &group, &self.topic("activity"), 1)[0].unwrap_or(0);
        eventually("a snapshot holds it", WITHIN, || reached() >= end);
        end
    }
}

/// Waits until detect has read so many events.
fn await_activity(process: &Process, records: u32) {
    let applied = || process.metric("leakwatch_applied_records_total{kind=\"activity\"}");
    eventually("detect has read it", WITHIN, || applied() > f64::from(records) - 0.5);
}

fn kill(mut process: Process) {
    process.child.kill().expect("killed");
    process.child.wait().expect("ended");
}

/// Cuts what is at these names.
fn damage(store: &dyn ObjectStore, paths: &[ObjectPath], runtime: &Runtime) {
    for path in paths {
        let whole = runtime.block_on(async { store.get(path).await?.bytes().await }).expect("reads");
        let cut = PutPayload::from(whole.slice(..whole.len() - 7));
        runtime.block_on(store.put(path, cut)).expect("writes");
    }
}

/// The partition's snapshots by name, the newest first.
fn paths(store: &dyn ObjectStore, test: &str, runtime: &Runtime) -> Vec<ObjectPath> {
    let folder = ObjectPath::from(format!("{test}/{test}.activity/00000"));
    let listed = runtime.block_on(store.list_with_delimiter(Some(&folder))).expect("lists");
    let mut paths: Vec<_> = listed.objects.into_iter().map(|object| object.location).collect();
    paths.sort();
    paths.reverse();
    paths
}

#[test]
fn a_killed_service_goes_on_from_what_s3_has() {
    const TEST: &str = "s3_service";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let Some(server) = ObjectServer::start(Kind::S3, TEST) else { return };
    let (runtime, store) = (runtime(), server.store());
    let mut bench = Bench::new(TEST, &kafka, server.state(server.port, "  snapshot_every: 1s\n"));

    let first = bench.ready();
    bench.read("e1", 4);
    await_activity(&first, 4);
    let end = bench.await_snapshot();
    kill(first);
    // Without the snapshot nobody knows the four.
    kafka.delete_before(&bench.topic("activity"), 0, end);
    let second = bench.ready();
    bench.read("e1", 3);
    bench.await_raised("bulk-read", Some("e1"));
    assert!(!bench.is_raised("state-incomplete", None) && !bench.is_raised("gap", None));

    bench.read("e2", 4);
    await_activity(&second, 7);
    bench.await_snapshot();
    eventually("there is an older one", WITHIN, || paths(&store, TEST, &runtime).len() > 1);
    kill(second);
    damage(&store, &paths(&store, TEST, &runtime)[..1], &runtime);
    let third = bench.ready();
    assert!(third.metric("leakwatch_snapshots_unusable_total{reason=\"damaged\"}") > 0.5, "{}", third.log());
    bench.read("e2", 3);
    bench.await_raised("bulk-read", Some("e2"));
    bench.await_raised("snapshot-skipped", Some("partition 0"));
    assert!(!bench.is_raised("state-incomplete", None) && !bench.is_raised("gap", None));
    kill(third);

    damage(&store, &paths(&store, TEST, &runtime), &runtime);
    let _fourth = bench.ready();
    bench.await_raised("state-incomplete", None);
}

#[test]
fn a_store_that_fails_holds_up_nothing_but_snapshots() {
    const TEST: &str = "s3_failing";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let Some(server) = ObjectServer::start(Kind::S3, TEST) else { return };
    let gate = Gate::before(server.port);
    let mut bench = Bench::new(TEST, &kafka, server.state(gate.port, "  snapshot_every: 1s\n"));
    let outcome = |process: &Process, outcome: &str| {
        process.metric(&format!("leakwatch_snapshots_total{{outcome=\"{outcome}\"}}"))
    };
    let mut process = bench.ready();
    eventually("a snapshot is written", WITHIN, || outcome(&process, "written") > 0.5);
    for (mode, actor) in [(Mode::Failing, "e1"), (Mode::Nonsense, "e2")] {
        gate.set(mode);
        let before = outcome(&process, "failed");
        eventually("a snapshot fails", WITHIN, || outcome(&process, "failed") > before + 0.5);
        bench.read(actor, 7);
        bench.await_raised("bulk-read", Some(actor));
    }
    assert!(process.log().contains("snapshot not written"), "{}", process.log());
    gate.set(Mode::Open);
    let before = outcome(&process, "written");
    eventually("snapshots are written again", WITHIN, || outcome(&process, "written") > before + 0.5);

    gate.set(Mode::Silent);
    bench.read("e3", 7);
    bench.await_raised("bulk-read", Some("e3"));
    let begun = Instant::now();
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    process.child.wait().expect("it ends");
    assert!(begun.elapsed() < ENDED_WITHIN, "{:?}: {}", begun.elapsed(), process.log());

    gate.set(Mode::Nonsense);
    let mut process = bench.start();
    let status = process.child.wait().expect("it ends");
    let log = process.log();
    assert!(!status.success() && log.contains("the state store: listing snapshots"), "{status}: {log}");
    assert!(log.contains("the state store; trying again"), "{log}");
}

/// `config check` and the start agree: what the check lets pass is opened.
#[test]
fn a_store_whose_secret_file_is_missing_is_a_wrong_configuration() {
    let directory = tempfile::tempdir().expect("a directory");
    let started = run(directory.path(), "s3: {access_key_file: /no/id, secret_key_file: /no/secret}");
    assert!(started.contains("state.s3.access_key_file: /no/id"), "{started}");
}

/// What `run` says of a configuration with this in its `state` section, with nobody at its broker.
fn run(directory: &Path, state: &str) -> String {
    let yaml = format!(
        "kafka: {{brokers: [\"127.0.0.1:9\"]}}\nstate: {{store: \"s3://box/x\", {state}}}\n\
         http: {{metrics: \"127.0.0.1:0\", console: \"127.0.0.1:0\"}}\n"
    );
    let file = directory.join("leakwatch.yaml");
    std::fs::write(&file, yaml).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_leakwatch"))
        .args(["run", "--role", "detect", "--config"])
        .arg(&file)
        .output()
        .expect("starts");
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).into_owned()
}
