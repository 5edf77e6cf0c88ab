//! Which room may name which: the shape of the house, held by reading every source file's paths.
//!
//! `core` decides and must not reach a clock, randomness, the environment, files or the network, nor any other room.
//! Adapters (`io`) are named by `app` and `commands` alone.

mod paths;
mod rooms;

use rooms::Rooms;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn manifest() -> String {
    fs::read_to_string(repository().join("Cargo.toml")).expect("the manifest")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_room_keeps_its_borders() {
    let rooms = Rooms::new(&manifest());
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    files.sort();
    let mut crossings = Vec::new();
    for file in &files {
        let name = file.strip_prefix(repository()).expect("a file of the repository").to_str().expect("a UTF-8 name");
        crossings.extend(rooms.crossings(name, &fs::read_to_string(file).expect("a source file")));
    }
    assert!(files.iter().any(|file| file.ends_with("src/core/mod.rs")), "the core was not read");
    assert!(crossings.is_empty(), "{} crossings:\n{}", crossings.len(), crossings.join("\n"));
}

#[test]
fn what_the_core_must_not_reach_is_found() {
    let rooms = Rooms::new(&manifest());
    for (source, named) in [
        ("use tokio::sync::mpsc;", "tokio::sync::mpsc"),
        ("use {std::fmt, rdkafka::consumer::{Consumer as Reader}};", "rdkafka::consumer::Consumer"),
        ("fn f() { let _ = prometheus::Registry::new(); }", "prometheus::Registry::new"),
        ("use ::axum::Router;", "axum::Router"),
        ("extern crate reqwest;", "reqwest"),
        ("use std::{collections::BTreeMap, time::{Duration, Instant}};", "std::time::Instant"),
        ("use std::time;", "std::time"),
        ("use std::time::{self, Duration};", "std::time"),
        ("use std::time::*;", "std::time::*"),
        ("use std as s;", "std"),
        ("type T = std::time::SystemTime;", "std::time::SystemTime"),
        ("fn f() -> bool { std::env::var_os(\"HOME\").is_some() }", "std::env::var_os"),
        ("use std::fs::File;", "std::fs::File"),
        ("use std::net::{IpAddr, TcpStream};", "std::net::TcpStream"),
        ("use std::collections::hash_map::RandomState;", "std::collections::hash_map::RandomState"),
        ("fn f() { rand::rng(); }", "rand::rng"),
        ("fn f(b: &mut [u8]) { getrandom::fill(b).ok(); }", "getrandom::fill"),
        ("use crate::io::clock;", "crate::io::clock"),
        ("use crate::{core::time::EventTime, config::Settings};", "crate::config::Settings"),
        ("use super::super::commands::Failure;", "crate::commands::Failure"),
        ("use crate::*;", "crate::*"),
        ("use crate as c;", "crate"),
        ("mod inner { use super::super::super::app; }", "crate::app"),
        ("macro_rules! m { () => { $crate::io::clock::now() } }", "crate::io::clock::now"),
        ("fn f() { vec![std::process::id()]; }", "std::process::id"),
        ("fn f() { println!(\"x\"); }", "println!"),
        ("fn f() { jiff::Timestamp::now(); }", "jiff::Timestamp::now"),
        ("use jiff::Zoned; fn f() { Zoned::now(); }", "Zoned::now"),
        ("fn f() { TimeZone::get(\"UTC\").ok(); }", "TimeZone::get"),
        ("#[cfg(test)] mod tests { use crate::io::clock; }", "crate::io::clock"),
        ("#[cfg(test)] mod tests {} use std::fs;", "std::fs"),
        ("#[cfg(test)] use std::env; use std::fs;", "std::fs"),
    ] {
        let found = rooms.crossings("src/core/time.rs", source);
        assert_eq!(found.len(), 1, "{source}: {found:?}");
        assert!(found[0].ends_with(&format!(" names {named}")), "{source}: {found:?}");
    }
}

#[test]
fn what_the_core_may_name_is_left_alone() {
    let rooms = Rooms::new(&manifest());
    for source in [
        "//! Needs no tokio::spawn.\n/* nor crate::io */ /// `std::fs`\nfn f() {}",
        "const S: &str = \"std::env::var\"; const R: &str = r#\"crate::io\"#; const C: char = ':';",
        "use crate::core::{time::EventTime, units::Tag};",
        "use super::units::Rows; use super::{event::Event, time};",
        "use std::{fmt, io::Read, net::IpAddr, time::Duration};",
        "fn tokio(io: u8) -> u8 { let rand = io; rand }",
        "struct S { axum: u8 } fn f(s: &S) -> u8 { s.axum }",
        "#[cfg(test)] mod tests { use super::*; use proptest::prelude::*; use std::{fs, time::Instant}; }",
        "fn f<'a>(x: &'a [u8]) -> bool { x.iter().any(|b| *b != 0) }",
        "fn f() { TimeZoneDatabase::bundled(); }",
    ] {
        assert_eq!(rooms.crossings("src/core/time.rs", source), Vec::<String>::new(), "{source}");
    }
    let test_file = "use std::fs; use proptest::prelude::*;";
    assert_eq!(rooms.crossings("src/core/window/tests.rs", test_file), Vec::<String>::new());
}

#[test]
fn the_other_rooms_have_borders_too() {
    let rooms = Rooms::new(&manifest());
    for (file, source, crosses) in [
        ("src/io/kafka/consumer.rs", "use crate::commands::Failure;", true),
        ("src/io/clock.rs", "use crate::app::App;", true),
        ("src/io/clock.rs", "use crate::core::time::EventTime; use std::time::SystemTime;", false),
        ("src/config/mod.rs", "use crate::io::files;", true),
        ("src/config/mod.rs", "use crate::commands::Outcome;", true),
        ("src/config/raw.rs", "use super::error::Problem; use std::fs;", false),
        ("src/cli.rs", "use crate::io::clock;", true),
        ("src/cli.rs", "use crate::commands::{Failure, Outcome};", false),
        ("src/main.rs", "use leakwatch::io::clock;", true),
        ("src/main.rs", "use leakwatch::cli::Cli;", false),
        ("src/app.rs", "use crate::io::clock;", false),
        ("src/commands/run.rs", "use crate::io::kafka; use crate::config::Settings;", false),
        ("src/attic/mod.rs", "", true),
    ] {
        assert_eq!(rooms.crossings(file, source).is_empty(), !crosses, "{file}: {source}");
    }
}

#[test]
fn a_crossing_is_told_with_file_and_line() {
    let found = Rooms::new(&manifest()).crossings("src/core/window/mod.rs", "//! Windows.\n\nuse super::super::io;\n");
    assert_eq!(found, ["src/core/window/mod.rs:3: core names crate::io"]);
}
