//! Tables in Markdown, and numbers as people read them.

use leakwatch::core::time::Millis;
use std::fmt::Write as _;

/// A table being written.
pub struct Table {
    text: String,
}

impl Table {
    /// A table with these columns; `numbers` says which are aligned to the right.
    pub fn new(columns: &[&str], numbers: bool) -> Self {
        let mut table = Self { text: String::new() };
        table.row(columns);
        let rest = if numbers { "--:" } else { "---" };
        let rule: Vec<&str> = (0..columns.len()).map(|at| if at == 0 { "---" } else { rest }).collect();
        table.row(&rule);
        table
    }

    /// Adds a row.
    pub fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        for cell in cells {
            write!(self.text, "| {} ", cell.as_ref()).expect("writing to memory succeeds");
        }
        self.text.push_str("|\n");
    }

    /// The table's text.
    pub fn finish(self) -> String {
        self.text
    }
}

/// A number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span to two figures: `40 s`, `12 min`, `3.5 h`, `11 d`.
pub fn span(span: Millis) -> String {
    #[expect(clippy::cast_precision_loss, reason = "weeks in milliseconds")]
    let seconds = span.as_millis() as f64 / 1_000.0;
    match seconds {
        ..100.0 => format!("{seconds:.0} s"),
        ..6_000.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.1} h", seconds / 3_600.0),
        _ => format!("{:.1} d", seconds / 86_400.0),
    }
}

/// A share, in whole percent; 100 % only where it is all of them.
pub fn share(part: usize, whole: usize) -> String {
    let percent = (100 * part).checked_div(whole).unwrap_or(0);
    format!("{percent} %")
}

/// The median and the largest, each by `show`; a dash where there is none.
pub fn median_and_worst<T: Copy + Ord>(values: impl IntoIterator<Item = T>, show: impl Fn(T) -> String) -> String {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    match values.last() {
        None => "–".to_owned(),
        Some(worst) => format!("{}, {}", show(values[(values.len() - 1) / 2]), show(*worst)),
    }
}
