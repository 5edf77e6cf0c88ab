//! Lines of bounded length: a file without line ends must not fill memory.

use memchr::memchr;
use std::io::{self, BufRead};

/// One line, without its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 0.
    pub number: u64,
    /// Its bytes; of a line over the limit only the first bytes, one more than the limit, so that it is seen to be.
    pub bytes: Vec<u8>,
}

/// Reads lines of at most a given length; what is longer is cut.
pub struct LineReader<R> {
    input: R,
    next: u64,
    max_bytes: usize,
}

impl<R: BufRead> LineReader<R> {
    /// Reads `input`.
    pub const fn new(input: R, max_bytes: usize) -> Self {
        Self { input, next: 0, max_bytes }
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// Those of the input.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some(line) = self.any_line()? else { return Ok(None) };
            if !line.bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(line));
            }
        }
    }

    fn any_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let mut any = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = memchr(b'\n', buffer);
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            let room = (self.max_bytes + 1).saturating_sub(bytes.len());
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        self.next += 1;
        Ok(Some(Line { number: self.next - 1, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_cut_and_blank_ones_skipped() {
        let mut reader = LineReader::new(&b"ab\r\n\n0123456789\n \nlast"[..], 4);
        let mut found = Vec::new();
        while let Some(line) = reader.next_line().expect("bytes in memory") {
            found.push((line.number, String::from_utf8(line.bytes).expect("text")));
        }
        assert_eq!(found, [(0, "ab".into()), (2, "01234".into()), (4, "last".into())]);
    }
}
