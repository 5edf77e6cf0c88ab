//! `leakwatch schema`: JSON Schemas, from the code's own types.

use super::{Failure, Outcome, printed};
use crate::config::raw::Config;
use crate::core::event_schema::EventSchema;
use crate::core::identity::schema::DirectoryLine;
use crate::core::incident::Incident;
use crate::core::rules::RawRuleFile;
use clap::{Args as ClapArgs, ValueEnum};
use schemars::{Schema, schema_for};
use std::io::{self, Write};

/// Prints the JSON Schema (draft 2020-12) of a format
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Which format
    #[arg(value_enum, value_name = "NAME")]
    name: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Events, as sources write them in the native format
    Event,
    /// Incidents, as Leakwatch writes them
    Incident,
    /// The configuration file
    Config,
    /// Rule files
    Rules,
    /// Lines of the directory
    Directory,
}

/// Prints it.
///
/// # Errors
/// [`Failure::Run`], if standard output cannot be written.
pub fn run(args: &Args) -> Outcome {
    let text = serde_json::to_string_pretty(&schema(args.name)).map_err(Failure::run)?;
    printed(writeln!(io::stdout(), "{text}"))
}

fn schema(name: Name) -> Schema {
    match name {
        Name::Event => schema_for!(EventSchema),
        Name::Incident => schema_for!(Incident),
        Name::Config => schema_for!(Config),
        Name::Rules => schema_for!(RawRuleFile),
        Name::Directory => schema_for!(DirectoryLine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_names_its_draft_and_its_title() {
        for name in Name::value_variants() {
            let schema = schema(*name).to_value();
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name:?}");
            assert!(schema["title"].is_string(), "{name:?}");
        }
    }

    #[test]
    fn the_configurations_schema_asks_for_brokers_only() {
        let schema = schema(Name::Config).to_value();
        assert_eq!(schema["required"], serde_json::json!(["kafka"]));
        assert_eq!(schema["$defs"]["Kafka"]["required"], serde_json::json!(["brokers"]));
        assert_eq!(schema["additionalProperties"], serde_json::json!(false));
        assert_eq!(schema["properties"]["clock"]["default"]["lateness"], "1h");
    }
}
