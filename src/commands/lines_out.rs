//! Where a command writes JSON lines: a file, or standard output.

use super::failure::Failure;
use anyhow::Context;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Lines on their way out.
pub type LinesOut = BufWriter<Box<dyn Write>>;

/// Makes or replaces the file at `path`; `-` is standard output.
///
/// # Errors
/// [`Failure::Usage`], if the file cannot be made.
pub fn create(path: &Path) -> Result<LinesOut, Failure> {
    let sink: Box<dyn Write> = if path == Path::new("-") {
        Box::new(io::stdout())
    } else {
        Box::new(File::create(path).with_context(|| path.display().to_string()).map_err(Failure::Usage)?)
    };
    Ok(BufWriter::new(sink))
}

/// Writes one line.
///
/// # Errors
/// Those of writing.
pub fn write(out: &mut LinesOut, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    out.write_all(b"\n")
}
