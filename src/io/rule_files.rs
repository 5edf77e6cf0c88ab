//! Rule files on disk: names, or patterns with `*` in the file name.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Rule files read at most.
const MAX_FILES: usize = 1_000;

/// A rule file's name and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFile {
    /// Its path.
    pub name: String,
    /// Its YAML.
    pub yaml: String,
}

/// Rule files that cannot be read.
#[derive(Debug, Error)]
pub enum RuleFilesError {
    /// One cannot be read.
    #[error("{path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A pattern that no file matches.
    #[error("{pattern}: expected at least one file to match")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// Too many.
    #[error("expected at most {MAX_FILES} rule files")]
    TooMany,
}

/// Reads the files that `patterns` name, each pattern's in the order of their names.
///
/// # Errors
/// [`RuleFilesError`]
pub fn read<S: AsRef<str>>(patterns: &[S]) -> Result<Vec<RuleFile>, RuleFilesError> {
    let mut files = Vec::new();
    for pattern in patterns {
        for path in expand(pattern.as_ref())? {
            let yaml =
                std::fs::read_to_string(&path).map_err(|source| RuleFilesError::Read { path: path.clone(), source })?;
            files.push(RuleFile { name: path.display().to_string(), yaml });
        }
    }
    if files.len() > MAX_FILES { Err(RuleFilesError::TooMany) } else { Ok(files) }
}

fn expand(pattern: &str) -> Result<Vec<PathBuf>, RuleFilesError> {
    let path = Path::new(pattern);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !name.contains('*') {
        return Ok(vec![path.to_path_buf()]);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let failed = |source| RuleFilesError::Read { path: folder.to_path_buf(), source };
    let wanted = crate::core::objects::ObjectPatterns::new(&[&name]);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if wanted.matches(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    if found.is_empty() {
        return Err(RuleFilesError::NoMatch { pattern: pattern.to_string() });
    }
    found.sort();
    Ok(found)
}
