//! Flags that every command with an engine has, and what they amount to.

use super::failure::Failure;
use crate::config::EngineSettings;
use crate::config::settings::{FilterSettings, SilentBy, SourceSettings};
use crate::core::decode::{DecodeLimits, Decoder};
use crate::core::ingest::{IngestSettings, Knowledge, Part, Silence, SourceSpec};
use crate::core::rules::{RuleSet, RuleText, SHIPPED, check, check_documents};
use crate::io::knowledge;
use crate::io::rule_files::{self, RuleFile};
use anyhow::anyhow;
use clap::Args;
use std::path::PathBuf;

/// What decides, and where it comes from.
#[derive(Debug, Default, Args)]
pub struct EngineArgs {
    /// Configuration file; without it, defaults and the shipped rules apply
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Customer filters, as `leakwatch filter build` writes them
    #[arg(long, value_name = "DIR")]
    pub filters: Option<PathBuf>,
    /// The key that the filters were built with
    #[arg(long, value_name = "F")]
    pub key_file: Option<PathBuf>,
    /// Directory of actors and destinations (NDJSON)
    #[arg(long, value_name = "F")]
    pub directory: Option<PathBuf>,
    /// Rule files; may be given more than once
    #[arg(long, value_name = "F")]
    pub rules: Vec<String>,
}

/// Everything an engine is made of.
pub struct EngineParts {
    /// The settings in force.
    pub settings: EngineSettings,
    /// What is known of actors and customers.
    pub knowledge: Knowledge,
    /// The rule files, checked.
    pub rules: Vec<RuleFile>,
}

impl EngineArgs {
    /// Reads the configuration and lets the flags override it.
    ///
    /// # Errors
    /// [`Failure::Usage`]
    pub fn settings(&self) -> Result<EngineSettings, Failure> {
        let mut settings = match &self.config {
            Some(file) => EngineSettings::load(file).map_err(Failure::usage)?,
            None => EngineSettings::default(),
        };
        if let Some(dir) = &self.filters {
            let stale_after = settings.filters.as_ref().and_then(|filters| filters.stale_after);
            let key_files = settings.filters.take().map(|filters| filters.key_files).unwrap_or_default();
            settings.filters = Some(FilterSettings { dir: dir.clone(), key_files, stale_after });
        }
        if let Some(key) = &self.key_file {
            let filters = settings.filters.as_mut().ok_or_else(|| {
                Failure::usage(anyhow!("--key-file: expected --filters or a configuration with filters too"))
            })?;
            filters.key_files = vec![key.clone()];
        }
        if let Some(file) = &self.directory {
            settings.directory.file = Some(file.clone());
        }
        if !self.rules.is_empty() {
            settings.rules.files.clone_from(&self.rules);
        }
        Ok(settings)
    }

    /// Reads everything that the settings name, and checks the rules.
    ///
    /// # Errors
    /// [`Failure::Usage`]
    pub fn parts(&self) -> Result<EngineParts, Failure> {
        let settings = self.settings()?;
        let knowledge = knowledge::read(&settings).map_err(Failure::usage)?;
        let rules = read_rules(&settings)?;
        Ok(EngineParts { settings, knowledge, rules })
    }
}

/// The rule files that `settings` name, or the shipped ones; checked.
///
/// # Errors
/// [`Failure::Usage`], with everything that is wrong in them.
pub fn read_rules(settings: &EngineSettings) -> Result<Vec<RuleFile>, Failure> {
    if settings.rules.files.is_empty() {
        return Ok(vec![RuleFile { name: SHIPPED.name.into(), yaml: SHIPPED.yaml.into() }]);
    }
    let files = rule_files::read(&settings.rules.files).map_err(Failure::usage)?;
    let texts: Vec<RuleText<'_>> = files.iter().map(|file| RuleText { name: &file.name, yaml: &file.yaml }).collect();
    if let Err(errors) = check(&texts) {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        return Err(Failure::usage(anyhow!("{}", told.join("\n"))));
    }
    Ok(files)
}

/// The rules of documents that were checked before, as one set.
///
/// # Errors
/// [`Failure::Run`], with everything that is wrong in them.
pub fn rule_set<'a>(yaml: impl IntoIterator<Item = &'a str>) -> Result<RuleSet, Failure> {
    check_documents(yaml).map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::run(anyhow!("{}", told.join("\n")))
    })
}

/// The engine's ingest settings for `sources`.
pub fn ingest_settings(settings: &EngineSettings, sources: Vec<SourceSpec>, partitions: u32) -> IngestSettings {
    IngestSettings {
        partitions,
        sources,
        customer_objects: settings.customer_objects.clone(),
        max_future: settings.clock.max_future,
        limits: DecodeLimits::default(),
        filter_stale_after: settings.filters.as_ref().and_then(|filters| filters.stale_after),
    }
}

/// The source of a file on the command line: `[TOPIC=]FILE`. With a topic, the configured source's decoder and type
/// apply.
///
/// # Errors
/// [`Failure::Usage`] if no such topic is configured.
pub fn file_source<'a>(settings: &EngineSettings, argument: &'a str) -> Result<(SourceSpec, &'a str), Failure> {
    let named = argument.split_once('=').filter(|(topic, _)| !topic.contains('/'));
    let Some((topic, path)) = named.filter(|_| !std::path::Path::new(argument).exists()) else {
        return Ok((SourceSpec::new(argument, Decoder::Native, None), argument));
    };
    let source = settings.sources.iter().find(|source| source.topic == topic).ok_or_else(|| {
        Failure::usage(anyhow!("{argument}: expected a source with topic `{topic}` in the configuration"))
    })?;
    Ok((configured_source(source), path))
}

/// A configured topic, as ingest takes it.
pub fn configured_source(source: &SourceSettings) -> SourceSpec {
    let silent = source.silent.map(|silent| Silence {
        after: silent.after,
        by: silent.by.map(|by| match by {
            SilentBy::Database => Part::Database,
            SilentBy::App => Part::App,
        }),
    });
    SourceSpec::new(source.topic.clone(), source.decoder.clone(), source.kind).watched(silent)
}
