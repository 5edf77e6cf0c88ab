//! What the pages and the manifest say against what the program does: they must not drift apart.

use leakwatch::config::Settings;
use leakwatch::core::rule_tests::{self, Suite, TestReport};
use leakwatch::core::rules::{RuleText, SHIPPED, check};
use leakwatch::io::kafka::topics::{Acl, Wanted, acls, wanted};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|is| is == extension) {
            found.push(path);
        }
    }
}

/// Words of `text` that begin with `leakwatch_`.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    words.filter(|word| word.strip_prefix("leakwatch_").is_some_and(|rest| !rest.is_empty())).collect()
}

#[test]
fn every_metric_has_its_line_and_every_line_its_metric() {
    let mut sources = Vec::new();
    files(&root().join("src/io/metrics"), "rs", &mut sources);
    let sources: Vec<String> = sources.iter().map(|file| fs::read_to_string(file).expect("a source file")).collect();
    let made: BTreeSet<&str> = sources.iter().flat_map(|text| metrics_in(text)).collect();
    let page = read("docs/metrics.md");
    assert!(made.contains("leakwatch_rejected_total"), "the metrics were not found");
    let told = metrics_in(&page);
    let (missing, stale): (Vec<_>, Vec<_>) = (made.difference(&told).collect(), told.difference(&made).collect());
    assert!(missing.is_empty() && stale.is_empty(), "docs/metrics.md lacks {missing:?}, and has {stale:?} too many");
}

/// What is raised without a rule of a file.
const BUILT_IN: [&str; 10] = [
    "silent-source",
    "quiet-source",
    "actor-flood",
    "clock-skew",
    "filter-stale",
    "directory-refused",
    "look-alike",
    "gap",
    "state-incomplete",
    "snapshot-skipped",
];
/// The parts of a runbook, in the order in which they are needed.
const PARTS: [&str; 5] = [
    "What it means",
    "The first three questions",
    "How to tell a false alarm",
    "How to tune it",
    "How to stop the bleeding",
];
/// Somebody who was woken reads no more.
const MAX_RUNBOOK_LINES: usize = 45;

#[test]
fn everything_that_is_raised_has_its_runbook() {
    let set = check(&[SHIPPED]).expect("the shipped rules pass their own check");
    assert!(!set.rules.is_empty());
    let built_in = BUILT_IN.map(|id| (id, format!("docs/runbooks/{id}.md")));
    let shipped = set.rules.iter().map(|rule| (rule.id.as_str(), rule.runbook.clone()));
    for (id, runbook) in shipped.chain(built_in) {
        assert!(read(&runbook).starts_with(&format!("# {id}: ")), "{runbook}");
    }
}

#[test]
fn every_runbook_has_the_same_parts_and_an_example_that_is_right() {
    let mut pages = Vec::new();
    files(&root().join("docs/runbooks"), "md", &mut pages);
    assert!(pages.len() >= BUILT_IN.len(), "the runbooks were not found");
    for file in &pages {
        let page = fs::read_to_string(file).expect("a page");
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        assert!(page.starts_with(&format!("# {name}: ")), "{name}");
        let parts: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(parts, PARTS, "{name}");
        let lines = page.lines().count();
        assert!(lines <= MAX_RUNBOOK_LINES, "{name} has {lines} lines, expected at most {MAX_RUNBOOK_LINES}");
        let examples = fenced(&page, "yaml");
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            is_right(example, name);
        }
    }
}

/// A rule file begins with its version; anything else is a part of the configuration.
fn is_right(example: &str, name: &str) {
    if example.starts_with("version: 1") {
        let set = check(&[RuleText { name, yaml: example }]);
        assert!(set.is_ok(), "{name}: {set:?}");
    } else {
        let settings = Settings::parse(&format!("kafka: {{brokers: [a:1]}}\n{example}"), name);
        assert!(settings.is_ok(), "{name}: {:?}", settings.err());
    }
}

#[test]
fn the_examples_in_the_page_about_rules_are_right() {
    let page = read("docs/rules.md");
    let blocks = fenced(&page, "yaml");
    let begins = |with: &str| *blocks.iter().find(|block| block.starts_with(with)).expect("such an example");
    let suite = Suite::read(RuleText { name: "docs/rules.md", yaml: begins("version: 1") }).expect("a right file");
    let reports = rule_tests::run(&[suite]).expect("customers");
    assert!(reports.len() == 2 && reports.iter().all(TestReport::passed), "{reports:?}");
    for part in ["exceptions:", "tests:"] {
        let yaml = format!("version: 1\n{}", begins(part));
        Suite::read(RuleText { name: "docs/rules.md", yaml: &yaml }).expect("a right part of a file");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    files(&root().join("docs"), "md", &mut pages);
    let mut links = 0;
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.contains("://") || target.is_empty() {
                continue;
            }
            links += 1;
            let file = page.parent().expect("a folder").join(target);
            assert!(file.exists(), "{}: {target} is not there", page.display());
        }
    }
    assert!(links > 10, "only {links} links were found");
}

fn manifest() -> Vec<Value> {
    serde_saphyr::from_multiple(&read("deploy/leakwatch.yaml")).expect("YAML documents")
}

fn object<'a>(documents: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is = |document: &&Value| document["kind"] == kind && document["metadata"]["name"] == name;
    documents.iter().find(is).unwrap_or_else(|| panic!("{kind} {name} is not in the manifest"))
}

#[test]
fn the_manifests_configuration_is_right_and_its_files_are_mounted() {
    let documents = manifest();
    let config = object(&documents, "ConfigMap", "leakwatch-config")["data"]["leakwatch.yaml"].as_str().expect("text");
    let settings = Settings::parse(config, "leakwatch.yaml").expect("a right configuration");
    assert_eq!(settings.http.metrics.port(), 9464);

    let pod = &object(&documents, "StatefulSet", "leakwatch")["spec"]["template"]["spec"];
    let mounts: Vec<&str> = pod["containers"][0]["volumeMounts"]
        .as_array()
        .expect("mounts")
        .iter()
        .filter_map(|mount| mount["mountPath"].as_str())
        .collect();
    let filters = settings.engine.filters.expect("filters");
    let directory = settings.engine.directory.file.expect("a directory");
    for file in filters.key_files.iter().chain([&filters.dir, &directory]) {
        assert!(mounts.iter().any(|mount| file.starts_with(mount)), "{} is not mounted", file.display());
    }
    // Ten seconds are the service's own promise.
    assert!(pod["terminationGracePeriodSeconds"].as_u64().expect("seconds") > 10);
}

/// The blocks of `page` that are fenced as `language`.
fn fenced<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_configuration_in_the_deployment_page_is_right() {
    let page = read("docs/deploy.md");
    let blocks = fenced(&page, "yaml");
    let whole = blocks.iter().find(|block| block.starts_with("version: 1")).expect("a whole configuration");
    Settings::parse(whole, "docs/deploy.md").expect("a right configuration");
    let consoles: Vec<&&str> = blocks.iter().filter(|block| block.starts_with("http:")).collect();
    assert!(consoles.iter().any(|block| block.contains("oidc")), "{consoles:?}");
    for http in consoles {
        Settings::parse(&format!("kafka: {{brokers: [a:1]}}\n{http}"), "docs/deploy.md").expect("a right console");
    }
    let sinks = blocks.iter().find(|block| block.starts_with("sinks:")).expect("a list of sinks");
    Settings::parse(&format!("kafka: {{brokers: [a:1]}}\n{sinks}"), "docs/deploy.md").expect("right sinks");
}

/// Every alert of `deploy/prometheus/alerts.yaml`.
fn alerts() -> Vec<Value> {
    let file: Value = serde_saphyr::from_str(&read("deploy/prometheus/alerts.yaml")).expect("YAML");
    let groups = file["groups"].as_array().expect("groups").iter();
    groups.flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

#[test]
fn every_alert_says_what_it_is_where_to_read_on_and_when_it_is_silent() {
    let all = alerts();
    assert!(all.len() > 10, "the alerts were not found");
    for alert in all {
        let name = alert["alert"].as_str().expect("a name");
        assert!(["warning", "critical"].contains(&alert["labels"]["severity"].as_str().expect("a severity")), "{name}");
        for part in ["summary", "description"] {
            assert!(alert["annotations"][part].as_str().is_some_and(|text| text.len() > 10), "{name}: {part}");
        }
        let runbook = alert["annotations"]["runbook_url"].as_str().expect("a runbook");
        let page = runbook.strip_prefix("docs/runbooks/").and_then(|page| page.strip_suffix(".md")).expect("a page");
        assert!(read(runbook).starts_with(&format!("# {page}: ")), "{name}: {runbook}");
        let tests: Value =
            serde_saphyr::from_str(&read(&format!("deploy/prometheus/tests/{page}.yaml"))).expect("YAML");
        let expected: Vec<usize> = tests["tests"]
            .as_array()
            .expect("tests")
            .iter()
            .map(|test| &test["alert_rule_test"][0])
            .filter(|test| test["alertname"] == name)
            .map(|test| test["exp_alerts"].as_array().map_or(0, Vec::len))
            .collect();
        assert!(expected.contains(&1) && expected.contains(&0), "{name}: a test that fires, and one that is silent");
    }
}

#[test]
fn alerts_and_dashboards_ask_for_metrics_that_there_are() {
    let page = read("docs/metrics.md");
    let known = metrics_in(&page);
    let mut asked = Vec::new();
    files(&root().join("deploy"), "yaml", &mut asked);
    files(&root().join("deploy"), "json", &mut asked);
    let mut found = 0;
    for file in asked {
        let text = fs::read_to_string(&file).expect("a file");
        for name in metrics_in(&text) {
            let family =
                ["_bucket", "_count", "_sum"].iter().fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
            found += 1;
            assert!(known.contains(family), "{}: {name} is no metric", file.display());
        }
    }
    assert!(found > 20, "only {found} metrics were found");
}

#[test]
fn every_configuration_in_deploy_is_right() {
    for file in ["deploy/compose/leakwatch.yaml", "deploy/kustomize/overlays/example/leakwatch.yaml"] {
        Settings::parse(&read(file), file).expect("a right configuration");
    }
    let base = "deploy/kustomize/base/leakwatch.yaml";
    let documents: Vec<Value> = serde_saphyr::from_multiple(&read(base)).expect("YAML documents");
    let config = object(&documents, "ConfigMap", "leakwatch-config")["data"]["leakwatch.yaml"].as_str().expect("text");
    let settings = Settings::parse(config, base).expect("a right configuration");
    assert_eq!(settings.http.metrics.port(), 9464, "the port that probes and policies name");
}

/// A configuration whose names say what they are the names of.
const NAMED: &str = "deployment: DEPLOYMENT
kafka: {brokers: ['kafka:9092']}
sources: [{topic: SOURCE}]
sinks: [{name: siem, kind: ocsf, topic: SINK}]
";
const BROKERS: usize = 3;

fn topic_line(topic: &Wanted) -> String {
    let config: BTreeMap<&str, String> = topic.settings.iter().map(|(key, bound)| (*key, bound.value())).collect();
    let line = json!({"name": topic.name, "partitions": topic.partitions, "replicas": topic.copies, "config": config});
    format!("  {}: {line}\n", topic.part.name())
}

/// Group names bear the deployment's; a topic is named by what it is for.
fn acl_line(acl: &Acl, topics: &[Wanted]) -> String {
    let known = topics.iter().find(|topic| topic.name == acl.name).map(|topic| topic.part.name());
    let of = if acl.resource == "group" { "group" } else { known.unwrap_or("source") };
    let name = acl.name.replace("DEPLOYMENT", "{deployment}");
    let pattern = if acl.prefixed { "prefix" } else { "literal" };
    let mut line = json!({"role": acl.role.name(), "of": of, "operations": acl.operations});
    if of == "group" {
        line["name"] = name.into();
        line["pattern"] = pattern.into();
    }
    format!("  - {line}\n")
}

#[test]
fn the_chart_knows_topics_and_permissions_as_the_program_does() {
    let settings = Settings::parse(NAMED, "named").expect("a configuration");
    let topics = wanted(&settings.topics, settings.sink_topics().into_iter(), BROKERS);
    let mut text = String::from(
        "# What `leakwatch topics` says of a cluster of three brokers, for the chart.\n\
         # Made by UPDATE_CHART=1 cargo test --test documents\n",
    );
    let nameless = Settings::parse("kafka: {brokers: ['kafka:9092']}\n", "nameless").expect("a configuration");
    let _ = writeln!(text, "deployment: {}\ntopics:", nameless.deployment);
    text.extend(topics.iter().map(topic_line));
    let _ = writeln!(text, "acls:");
    text.extend(acls(&settings).iter().map(|acl| acl_line(acl, &topics)));
    let file = "deploy/helm/leakwatch/files/topics.yaml";
    if std::env::var_os("UPDATE_CHART").is_some_and(|set| set == "1") {
        fs::write(root().join(file), &text).expect("written");
    }
    assert_eq!(read(file), text, "{file} is not what the program says");
}
