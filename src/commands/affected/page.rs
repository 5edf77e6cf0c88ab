//! A printable page for a regulator's form: what Article 33(3) of the GDPR and Article 57 of China's PIPL ask for, as far as
//! it can be known from events. It names no customer.

use super::report::Report;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// For paper as for a screen.
const STYLE: &str = "
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1 { font-size: 16pt; } h2 { font-size: 12pt; margin-top: 1.6rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #777; padding: .3rem .5rem; text-align: left; vertical-align: top; }
th { width: 38%; font-weight: 600; }
.warning { border-left: .3rem solid #a40000; padding-left: .7rem; }
.blank { height: 4rem; border: 1px solid #777; }
@page { margin: 2cm; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } table, .blank { break-inside: avoid; } }
";

/// What only people can say.
const TO_FILL_IN: [&str; 4] = [
    "Likely consequences for the people concerned",
    "Measures taken and proposed",
    "Whether and how the people concerned are told",
    "Contact (data protection officer)",
];

/// The page, as HTML.
pub(super) fn render(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Report of a personal data breach" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Report of a personal data breach" }
                (warnings(report))
                h2 { "Nature of the breach" }
                @for line in &report.incidents { p { (line.summary) } }
                (figures(report))
                @for heading in TO_FILL_IN { h2 { (heading) } div class="blank" {} }
                h2 { "Source" }
                p { "Counted by Leakwatch from records of database queries and of what left. Incidents: "
                    @for line in &report.incidents { (line.incident) " (" (line.rule) ") " } }
            }
        }
    };
    page.into_string()
}

fn warnings(report: &Report) -> Markup {
    html! { @for warning in report.warnings() { p class="warning" { strong { (warning) } } } }
}

fn figures(report: &Report) -> Markup {
    let between = |at: &Option<String>| at.clone().unwrap_or_else(|| "unknown".into());
    let rows = [
        ("First event (UTC)", between(&report.first)),
        ("Last event (UTC)", between(&report.last)),
        ("People concerned, by the customers' file", report.named.to_string()),
        ("of them, whose data was read", report.read.to_string()),
        ("of them, whose data left", report.egressed.to_string()),
        (
            "Further records that cannot be named",
            format!("{} ({:.1} %)", report.not_nameable, report.not_nameable_percent),
        ),
        ("Categories of identifiers", list(&report.identifiers)),
        ("Data read from", list(&report.objects)),
        ("Sent to", list(&report.destinations)),
        ("Bytes that left", report.bytes_egressed.to_string()),
        ("Accounts used", list(&report.actors)),
    ];
    html! { table { @for (name, value) in &rows { tr { th scope="row" { (name) } td { (value) } } } } }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none known".into() } else { names.join(", ") }
}
