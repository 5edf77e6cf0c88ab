//! What is asked for: `cargo bench --bench quality -- [--seeds N] [--people N] [--customers N] [--threads N] [--out FILE]`.

use std::path::PathBuf;

/// How much is measured, and where the result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// Seeds 1 to N, a company each.
    pub seeds: u64,
    /// People at work in a company.
    pub people: u32,
    /// Customers of a company.
    pub customers: u32,
    /// Companies that are watched at a time.
    pub threads: usize,
    /// The file to write; standard output where there is none.
    pub out: Option<PathBuf>,
}

impl Default for Args {
    /// One company, which is enough to see that it runs.
    fn default() -> Self {
        Self { seeds: 1, people: 140, customers: 100_000, threads: 2, out: None }
    }
}

impl Args {
    /// Reads the arguments; `--bench` and `--test`, which cargo adds, mean nothing here.
    ///
    /// # Errors
    /// What was expected, for people.
    pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut args = args.into_iter().filter(|arg| arg != "--bench" && arg != "--test");
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name}: expected a value after it"))?;
            match name.as_str() {
                "--seeds" => parsed.seeds = number(&name, &value)?,
                "--people" => parsed.people = number(&name, &value)?,
                "--customers" => parsed.customers = number(&name, &value)?,
                "--threads" => parsed.threads = number(&name, &value)?,
                "--out" => parsed.out = Some(value.into()),
                _ => return Err(format!("{name}: expected --seeds, --people, --customers, --threads or --out")),
            }
        }
        Ok(parsed)
    }
}

fn number<T: std::str::FromStr + PartialOrd + From<u8>>(name: &str, value: &str) -> Result<T, String> {
    let parsed = value.parse().ok().filter(|number| *number >= T::from(1));
    parsed.ok_or_else(|| format!("{name} is {value:?}, expected a whole number above 0"))
}
