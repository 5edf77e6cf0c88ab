//! The console in a real Chromium, over a real service on a real Kafka; and its colours.

mod common;

use common::browser::{Chromium, Tab};
use common::kafka::{Kafka, eventually, produce, read_all};
use common::process::{Process, free_port, get};
use common::service::{create_topics, start_with_console};
use leakwatch::core::rules::SHIPPED;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const WITHIN: Duration = Duration::from_mins(1);
const PARTITIONS: i32 = 3;
const DESK: (i64, i64) = (1280, 900);
const PHONE: (i64, i64) = (375, 700);
const DIRECTORY: &str =
    r#"{"actor":"emp0042","aliases":["CORP\\u0042"],"role":"sales","team":"sales-2","kind":"human"}"#;

/// A service whose console is on the port.
fn service(kafka: &Kafka, test: &str, directory: &Path, more: &str) -> (Process, u16) {
    create_topics(kafka, test, PARTITIONS);
    std::fs::write(directory.join("rules.yaml"), SHIPPED.yaml).expect("written");
    std::fs::write(directory.join("directory.ndjson"), DIRECTORY).expect("written");
    let console = free_port();
    let more = format!("{more}directory: {{file: {}/directory.ndjson}}\n", directory.display());
    let process = start_with_console(kafka, test, directory, "rules.yaml", &more, console);
    eventually("the console answers", WITHIN, || get(console, "/api/v1/cases").is_some());
    (process, console)
}

/// One account reads customers and sends most of them on.
fn leak(kafka: &Kafka, test: &str) {
    let ago = |seconds: i64| format!("{:.3}", jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds));
    let phones = |from: u32, to: u32| (from..to).map(|n| format!("\"1380013{n:04}\"")).collect::<Vec<_>>().join(",");
    let mut events = Vec::new();
    for part in 0..4 {
        let (time, phones) = (ago(60 - i64::from(part)), phones(part * 50, part * 50 + 50));
        events.push(format!(
            r#"{{"type":"query","time":"{time}","actor":"CORP\\u0042","objects":["customers"],"rows":50,"identifiers":{{"phone":[{phones}]}}}}"#
        ));
    }
    events.push(format!(
        r#"{{"type":"egress","time":"{}","actor":"emp0042","channel":"http","destination":"x1.drop.example","bytes":9000,"identifiers":{{"phone":[{}]}}}}"#,
        ago(5),
        phones(0, 150)
    ));
    produce(&kafka.config(), &format!("{test}.source"), events.into_iter().map(|event| (0, event.into_bytes())));
}

/// What stands out of the window to its right, but for what scrolls in a box of its own.
const OVERFLOWING: &str =
    "[document.documentElement.scrollWidth > innerWidth ? 'the page' : '', ...[...document.querySelectorAll('body *')]
    .filter((one) => !one.closest('.scroll, pre, .skip') && one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => `${one.tagName}.${one.className}`)].filter(Boolean)";

/// Charts take the new width a frame later.
fn fits(tab: &Tab<'_>, page: &str) {
    let mut out: Vec<String> = Vec::new();
    for _ in 0..100 {
        out = tab.value(OVERFLOWING);
        if out.is_empty() {
            return;
        }
        let _: bool = tab.value("new Promise((next) => requestAnimationFrame(() => next(true)))");
    }
    panic!("{page}: {out:?}");
}

#[test]
fn a_leak_is_watched_judged_and_let_off_in_a_browser() {
    const TEST: &str = "console_browser";
    let Some(kafka) = Kafka::shared(TEST) else { return };
    let Some(chromium) = Chromium::start(TEST) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let (process, console) = service(&kafka, TEST, dir.path(), "");
    let url = format!("http://127.0.0.1:{console}/");
    let tab = chromium.open(&url, DESK);
    tab.until("document.querySelector('h1')?.textContent === 'No open cases'");
    tab.until("document.getElementById('live').textContent === 'live'");
    let _: bool = tab.value("window.stayed = true");

    leak(&kafka, TEST);
    tab.until("document.querySelector('.cases a.page')");
    assert!(tab.value::<bool>("window.stayed"), "the case came by itself, without loading the page anew");
    tab.press("body", "j", 1);
    assert!(tab.value::<bool>("document.activeElement.matches('.cases a')"), "keys move");
    tab.click(".cases a.page");
    tab.until("document.querySelector('.sentence')?.textContent.includes('emp0042')");
    tab.until("document.querySelector('.chart canvas')?.width > 0 && document.querySelector('.runbook h2')");

    tab.write("#note", "the yearly mailing");
    tab.click("[data-verdict=expected]");
    tab.until("document.querySelector('#told').textContent.startsWith('Judged expected work by local')");
    let judged = read_all(&kafka.config(), &format!("{TEST}.verdicts"));
    let judged: Value = serde_json::from_slice(&judged.first().expect("a verdict").value).expect("JSON");
    assert_eq!((&judged["verdict"], &judged["note"]), (&"expected".into(), &"the yearly mailing".into()));
    proposed(&tab);
    weekly(&tab);

    let case: String = tab.value("location.hash");
    let pages = ["#/", &case, "#/actors/emp0042", "#/rules", "#/rules/read-then-out", "#/health"];
    for page in pages {
        tab.resize(DESK, 1.0);
        tab.go(page);
        assert!(!tab.value::<bool>("Boolean(document.querySelector('.error'))"), "{page}");
        for scheme in ["dark", "light"] {
            tab.prefer(scheme);
            tab.resize(PHONE, 1.0);
            fits(&tab, page);
        }
    }

    tab.resize(DESK, 1.0);
    explained(&tab);
    backtested(&tab);
    assert_eq!(tab.faults(), Vec::<String>::new());
    let _: u32 = tab.value("fetch('/assets/nothing.js').then((answer) => answer.status)");
    eventually("what fails is heard of", WITHIN, || tab.faults().iter().any(|fault| fault.contains("nothing.js")));
    // A page behind another draws nothing, so this one comes last.
    let case = case.rsplit('/').next().expect("an id");
    linked(&chromium.open(&format!("{url}cases/{case}/verdict"), DESK), &kafka, TEST, case);
    drop(process);
}

/// The link in an alert opens the case at the verdict's buttons, and decides nothing.
fn linked(tab: &Tab<'_>, kafka: &Kafka, test: &str, case: &str) {
    let kept = |what: &str| read_all(&kafka.config(), &format!("{test}.{what}")).len();
    let before = (kept("verdicts"), kept("audit"));
    tab.until("location.pathname === '/' && document.activeElement?.id === 'verdict'");
    assert_eq!(tab.value::<String>("location.hash"), format!("#/cases/{case}/verdict"));
    let seen = "(([first, last]) => first.top >= 0 && last.bottom <= innerHeight)
        ([...document.querySelectorAll('[data-verdict]')].map((one) => one.getBoundingClientRect()).filter((_, at) => at !== 1))";
    tab.until(seen);
    // A key that is pressed too soon hits no button.
    tab.press("#verdict", "Enter", 1);
    // Nor does whatever follows links.
    let others = "Promise.all(['GET', 'HEAD'].map((method) => fetch(`/cases/CASE/verdict`, { method }).then((answer) => answer.status)))";
    assert_eq!(tab.value::<Vec<u16>>(&others.replace("CASE", case)), [200, 200]);
    assert_eq!((kept("verdicts"), kept("audit")), before, "only a button decides");
    tab.click("[data-verdict=expected]");
    tab.until("document.querySelector('#told').textContent.startsWith('Judged expected work by local')");
    assert_eq!((kept("verdicts"), kept("audit")), (before.0 + 1, before.1 + 1));
    assert_eq!(tab.faults(), Vec::<String>::new());
}

/// The rule's page shows its weeks as a chart and as figures.
fn weekly(tab: &Tab<'_>) {
    let case: String = tab.value("location.hash");
    tab.go("#/rules/read-then-out");
    tab.until("document.querySelector('#weeks canvas')?.width > 0");
    let told: String = tab.value("document.querySelector('#weeks').innerText");
    assert!(told.contains("In the last 1 week: 1 incident in 1 case; 1 case judged, 0 of them leaks"), "{told}");
    let row: Vec<String> =
        tab.value("[...document.querySelectorAll('#weeks tbody tr:first-child td')].map((cell) => cell.textContent)");
    assert_eq!(row[1..], ["1", "1", "1", "0"], "{row:?}");
    let label: String = tab.value("document.querySelector('#weeks .chart').getAttribute('aria-label')");
    assert!(told.contains(&label), "who cannot see the chart is told the same: {label}");
    // The figures scroll by keys, in a box of their own.
    assert_eq!(tab.value::<i32>("document.querySelector('#weeks .scroll').tabIndex"), 0);
    tab.go("#/rules");
    tab.until("document.querySelector('main table')?.innerText.includes('0 of 1')");
    tab.go(&case);
}

/// An exception that nobody has tried on attacks is not ready; whoever accepts that gets what to commit.
fn proposed(tab: &Tab<'_>) {
    tab.until("document.querySelector('#propose')");
    for (field, text) in [("#owner", "crm"), ("#ticket", "SEC-118"), ("#reason", "the yearly mailing")] {
        tab.write(field, text);
    }
    tab.click("#propose");
    tab.until("document.querySelectorAll('.checks > li').length === 3");
    let told: String = tab.value("document.querySelector('#exception [role=status]').innerText");
    for expected in ["rules check: passed", "rules test: passed", "injected attacks: not passed", "not ready"] {
        assert!(told.contains(expected), "{told}");
    }
    tab.click("#accept");
    tab.click("#propose");
    tab.until("document.querySelector('#exception pre')?.textContent.includes('emp0042')");
    let yaml: String = tab.value("document.querySelector('#exception pre').textContent");
    let told: String = tab.value("document.querySelector('.checks').innerText");
    assert!(told.contains("injected attacks: not passed, accepted"), "{told}");
    assert!(yaml.starts_with("exceptions:\n  - {rule: \"read-then-out\", actor: \"emp0042\", from: 2"), "{yaml}");
}

/// The slider answers from what was raised at once, and from the activity log once that is read and judged.
fn backtested(tab: &Tab<'_>) {
    tab.go("#/rules/read-then-out");
    tab.until("document.querySelector('#would')?.textContent.includes('incidents a week')");
    tab.until("document.querySelector('#slider').innerText.includes('Backtested on 5 events of 1 accounts')");
    let told = || -> String { tab.value("document.querySelector('#would').textContent") };
    let now = told();
    assert!(now.starts_with("At 48 (as now): 7 incidents a week, 7 of them pages; an average leak"), "{now}");
    tab.press("#limit", "ArrowRight", 3);
    assert!(told().starts_with("At 81: 7 incidents a week"), "{}", told());
    tab.press("#limit", "ArrowRight", 5);
    let far = told();
    assert!(far.starts_with("At 200: 7 incidents a week, 0 of them pages"), "150 were sent, which warns: {far}");
    tab.until("document.querySelector('#slider canvas').width > 0");
}

/// Every rule's count and limit on the account's page, and where the limit came from.
fn explained(tab: &Tab<'_>) {
    tab.go("#/actors/emp0042");
    tab.until("document.querySelector('#explained tbody')");
    let told: Vec<String> = tab.value("[...document.querySelectorAll('#explained tr')].map((row) => row.innerText)");
    let of = |rule: &str| told.iter().find(|row| row.contains(rule)).unwrap_or_else(|| panic!("{rule}: {told:?}"));
    let fired = of("read-then-out");
    assert!(fired.starts_with("page") && fired.contains("150") && fired.contains("pages at 48"), "{fired}");
    assert!(of("bulk-read").starts_with("below its limit") && of("bulk-read").contains("everybody's"), "{told:?}");
    assert!(of("drop.example").contains("pooled"), "what it shares with others is there too: {told:?}");
}

/// The variables of the stylesheet, light and dark.
fn colours() -> [Vec<(String, [f64; 3])>; 2] {
    let sheet = std::fs::read_to_string("src/io/http/console/assets/style.css").expect("the stylesheet");
    let (light, rest) = sheet.split_once("@media (prefers-color-scheme: dark)").expect("a dark scheme");
    let dark = rest.split_once("}\n}").expect("its end").0;
    [light, dark].map(|scheme| {
        let named = scheme.split(['{', ';', '\n']).filter_map(|part| part.trim().strip_prefix("--")?.split_once(": #"));
        named.map(|(name, hex)| (name.to_owned(), rgb(hex))).collect()
    })
}

fn rgb(hex: &str) -> [f64; 3] {
    assert_eq!(hex.len(), 6, "expected six digits: {hex}");
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")) / 255.0)
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What is written or drawn on what, and the least contrast (WCAG 2.2 AA: 1.4.3 for text, 1.4.11 for what is drawn).
const PAIRS: [(&str, &[&str], f64); 16] = [
    ("ink", &["back", "card"], 4.5),
    ("soft", &["back", "card"], 4.5),
    ("accent", &["back", "card"], 4.5),
    ("card", &["accent"], 4.5),
    ("page", &["page-back", "card"], 4.5),
    ("warning", &["warning-back", "card"], 4.5),
    ("info", &["info-back", "card"], 4.5),
    ("page-back", &["page"], 4.5),
    ("warning-back", &["warning"], 4.5),
    ("info-back", &["info"], 4.5),
    ("good", &["card"], 3.0),
    ("read", &["card"], 3.0),
    ("sent", &["card"], 3.0),
    ("both", &["card"], 3.0),
    ("limit", &["card"], 3.0),
    ("back", &["ink"], 4.5),
];

/// Lines between rows only repeat what the rows' order says.
const DECORATION: &str = "line";

#[test]
fn both_colour_schemes_have_enough_contrast() {
    for (scheme, colours) in ["light", "dark"].iter().zip(colours()) {
        let of = |name: &str| colours.iter().find(|(known, _)| known == name).map(|(_, colour)| *colour);
        for (name, _) in colours.iter().filter(|(name, _)| name != DECORATION) {
            assert!(PAIRS.iter().any(|(known, ..)| known == name), "{name} is drawn on what?");
        }
        for (over, unders, least) in PAIRS {
            for under in unders {
                let [over_colour, under_colour] =
                    [over, under].map(|name| of(name).unwrap_or_else(|| panic!("{name}")));
                let found = contrast(over_colour, under_colour);
                assert!(found >= least, "{scheme}: {over} on {under} is {found:.2}, expected {least}");
            }
        }
    }
}
