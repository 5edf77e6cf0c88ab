//! The rooms and their borders.

use crate::paths::{NamedPath, named_paths};

/// Which rooms each room may name. A new folder or file of `src` needs a line.
const ROOMS: [(&str, &[&str]); 8] = [
    ("core", &["core"]),
    ("simulate", &["simulate", "core"]),
    ("config", &["config", "core"]),
    ("io", &["io", "config", "core"]),
    ("commands", &["commands", "app", "simulate", "io", "config", "core"]),
    ("app", &["app", "commands", "io", "config", "core"]),
    ("cli", &["cli", "commands", "config"]),
    ("main", &["cli"]),
];

/// Dependencies that compute and do nothing else. What Cargo.toml names besides, `core` must not.
const PURE_CRATES: [&str; 30] = [
    "base64",
    "bloomfilter",
    "crc32fast",
    "diffy",
    "flate2",
    "hashbrown",
    "hmac",
    "iban_validate",
    "idna",
    "jiff",
    "memchr",
    "phonenumber",
    "postcard",
    "psl",
    "rustc_hash",
    "schemars",
    "serde",
    "serde_bytes",
    "serde_json",
    "serde_saphyr",
    "sha2",
    "siphasher",
    "smallvec",
    "thiserror",
    "unicode_normalization",
    "unicode_security",
    "url",
    "yaml_edit",
    "zip",
    "zstd",
];

/// Parts of the standard library that `core` must not reach, and what of each it may.
const IMPURE_STD: [(&[&str], &[&str]); 9] = [
    (&["std", "env"], &[]),
    (&["std", "fs"], &[]),
    (&["std", "net"], &["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "AddrParseError"]),
    (&["std", "os"], &[]),
    (&["std", "process"], &[]),
    (&["std", "thread"], &[]),
    (&["std", "time"], &["Duration"]),
    (&["std", "hash", "RandomState"], &[]),
    (&["std", "collections", "hash_map", "RandomState"], &[]),
];

/// Calls that ask a clock, the machine's time zone files, or a terminal, by the ends of their paths.
const IMPURE_CALLS: [&[&str]; 15] = [
    &["Timestamp", "now"],
    &["Zoned", "now"],
    &["Instant", "now"],
    &["SystemTime", "now"],
    &["TimeZone", "get"],
    &["TimeZone", "system"],
    &["TimeZone", "try_system"],
    &["TimeZoneDatabase", "from_env"],
    &["TimeZoneDatabase", "from_dir"],
    &["io", "stdin"],
    &["io", "stdout"],
    &["io", "stderr"],
    &["println!"],
    &["eprintln!"],
    &["dbg!"],
];

/// The borders, with the dependencies that Cargo.toml names.
pub struct Rooms {
    outside: Vec<String>,
}

impl Rooms {
    /// From the text of Cargo.toml.
    pub fn new(manifest: &str) -> Self {
        let after = manifest.split("\n[dependencies]\n").nth(1).expect("a section of dependencies");
        let section = after.split("\n[").next().unwrap_or_default();
        let names = section.lines().filter_map(|line| line.split(['=', '.']).next());
        let names = names.map(|name| name.trim().replace('-', "_"));
        let outside = names.filter(|name| !name.is_empty() && !PURE_CRATES.contains(&name.as_str())).collect();
        Self { outside }
    }

    /// What `source`, the text of `file` (as `src/core/time.rs`), names across a border, one line each.
    pub fn crossings(&self, file: &str, source: &str) -> Vec<String> {
        let module = module_of(file);
        let room = file.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
        if room == "lib" {
            return Vec::new();
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            return vec![format!("{file}: no border is known for {room}; add it to tests/borders/rooms.rs")];
        };
        let test_file = module.iter().any(|part| part == "tests");
        let told = |path: &NamedPath| format!("{file}:{}: {room} names {}", path.line, path.segments.join("::"));
        let crosses = |path: &&NamedPath| {
            let reaches_out = room == "core" && !test_file && !path.in_tests && self.is_impure(&path.segments);
            leaves(&path.segments, allowed) || reaches_out
        };
        named_paths(source, &module).iter().filter(crosses).map(told).collect()
    }

    fn is_impure(&self, path: &[String]) -> bool {
        let outside = self.outside.contains(&path[0]);
        let whole_std = path[0] == "std" && path.get(1).is_none_or(|part| part == "*");
        outside || whole_std || is_impure_std(path) || IMPURE_CALLS.iter().any(|call| ends_with(path, call))
    }
}

/// Whether `path` leads into this crate, and there to none of `allowed`. The root itself is no room: whoever imports
/// it could reach everything.
fn leaves(path: &[String], allowed: &[&str]) -> bool {
    path[0] == "crate" && path.get(1).is_none_or(|room| !allowed.contains(&room.as_str()))
}

fn is_impure_std(path: &[String]) -> bool {
    IMPURE_STD.iter().any(|(part, except)| {
        let inside = path.len() >= part.len() && path.iter().zip(*part).all(|(a, b)| a == b);
        inside && path.get(part.len()).is_none_or(|next| !except.contains(&next.as_str()))
    })
}

fn ends_with(path: &[String], call: &[&str]) -> bool {
    path.len() >= call.len() && path[path.len() - call.len()..].iter().zip(call).all(|(a, b)| a == b)
}

/// The module that a file is: `src/core/window/mod.rs` is `core::window`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    module
}
