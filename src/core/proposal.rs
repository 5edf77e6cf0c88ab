//! An exception that somebody proposes: written down, and tried on the rule file that it would stand in.

use crate::core::rule_tests::{self, Suite};
use crate::core::rules::{Excepted, Exception, RuleError, RuleText, check, check_documents};
use crate::core::time::EventTime;

/// The list that exceptions stand in.
const LIST: &str = "exceptions:";
/// What a rule file is called here: the console knows what stands in them, and not their names.
const FILE: &str = "rules";

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The rule's id.
    pub rule: String,
    /// Who or what is let off.
    pub who: Excepted,
    /// Its first day.
    pub from: EventTime,
    /// Its last day, or the time of its end.
    pub until: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it was agreed.
    pub ticket: String,
    /// Why.
    pub reason: String,
}

/// One check, and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it passed.
    pub passed: bool,
    /// What there is to say.
    pub told: Vec<String>,
}

impl Found {
    fn failed(told: Vec<String>) -> Self {
        Self { passed: false, told }
    }

    fn passed(told: String) -> Self {
        Self { passed: true, told: vec![told] }
    }
}

impl Proposal {
    /// What is to be added to a rule file; names are as `spelled`.
    pub fn yaml(&self, spelled: impl Fn(&str) -> String) -> String {
        format!("{LIST}\n{}\n", self.item(spelled))
    }

    fn item(&self, spelled: impl Fn(&str) -> String) -> String {
        let (kind, name) = match &self.who {
            Excepted::Actor(name) => ("actor", name),
            Excepted::Team(name) => ("team", name),
            Excepted::Role(name) => ("role", name),
            Excepted::Entity(name) => ("entity", name),
        };
        let date = self.from.to_string();
        let date = date.get(..10).unwrap_or(&date);
        // A JSON string is a YAML string, whatever stands in it.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let [owner, ticket, reason, until] = [&self.owner, &self.ticket, &self.reason, &self.until].map(|s| quoted(s));
        let (rule, name) = (quoted(&self.rule), quoted(&spelled(name)));
        format!(
            "  - {{rule: {rule}, {kind}: {name}, from: {date}, until: {until}, owner: {owner}, ticket: {ticket}, reason: {reason}}}"
        )
    }

    /// The rule file that has the rule, with the exception in it.
    fn file(&self, documents: &[String]) -> Option<(usize, String)> {
        let has_rule = |yaml: &String| {
            check_documents([yaml.as_str()]).is_ok_and(|set| set.rules.iter().any(|rule| rule.id == self.rule))
        };
        let at = documents.iter().position(has_rule)?;
        let (yaml, item) = (&documents[at], self.item(str::to_owned));
        let mut lines: Vec<&str> = yaml.lines().collect();
        match lines.iter().position(|line| line.trim_end() == LIST) {
            Some(list) => lines.insert(list + 1, &item),
            None => lines.extend([LIST, &item]),
        }
        Some((at, lines.join("\n") + "\n"))
    }

    /// Whether the rule files pass `rules check` with it, and the exception as it was checked.
    pub fn check(&self, documents: &[String]) -> (Found, Option<Exception>) {
        let Some((at, yaml)) = self.file(documents) else {
            return (Found::failed(vec![format!("no rule file has a rule `{}`", self.rule)]), None);
        };
        let texts = documents.iter().enumerate().map(|(place, known)| if place == at { &yaml } else { known });
        let texts: Vec<RuleText<'_>> = texts.map(|yaml| RuleText { name: FILE, yaml }).collect();
        match check(&texts) {
            Ok(set) => {
                let told = format!("{} rules, {} exceptions: fine", set.rules.len(), set.exceptions.len());
                let own = |known: &&Exception| known.rule == self.rule && known.who == self.who;
                // Exceptions stand in the order of their files; the new one is the first of its file.
                let before = documents.iter().take(at).filter_map(|yaml| check_documents([yaml.as_str()]).ok());
                let before = before.map(|set| set.exceptions.len()).sum();
                let exception = set.exceptions.iter().skip(before).find(own).cloned();
                (Found::passed(told), exception)
            }
            Err(errors) => (Found::failed(errors.iter().map(ToString::to_string).collect()), None),
        }
    }

    /// Whether that rule file's own tests still hold.
    pub fn test(&self, documents: &[String]) -> Found {
        let Some((_, yaml)) = self.file(documents) else { return Found::failed(Vec::new()) };
        let all = |errors: Vec<RuleError>| Found::failed(errors.iter().map(ToString::to_string).collect());
        let suite = match Suite::read(RuleText { name: FILE, yaml: &yaml }) {
            Ok(suite) => suite,
            Err(errors) => return all(errors),
        };
        match rule_tests::run(&[suite]) {
            Ok(reports) => {
                let failed: Vec<String> =
                    reports.iter().filter(|report| !report.passed()).map(ToString::to_string).collect();
                let told = format!("{} tests hold", reports.len());
                if failed.is_empty() { Found::passed(told) } else { Found::failed(failed) }
            }
            Err(error) => Found::failed(vec![error.to_string()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules::SHIPPED;
    use crate::core::time::Millis;

    fn proposal(until: &str, owner: &str) -> Proposal {
        Proposal {
            rule: "bulk-read".into(),
            who: Excepted::Actor("emp\\0042: \"x\"".into()),
            from: EventTime::parse_rfc3339("2012-05-07T10:00:00Z").expect("a time"),
            until: until.into(),
            owner: owner.into(),
            ticket: "SEC-1".into(),
            reason: "the yearly mailing".into(),
        }
    }

    #[test]
    fn what_is_proposed_stands_in_the_file_as_it_was_meant() {
        let one = proposal("2012-05-20", "crm");
        for documents in [vec![SHIPPED.yaml.to_owned()], vec![format!("{}{}", SHIPPED.yaml, one.yaml(str::to_owned))]] {
            let (found, exception) = one.check(&documents);
            assert!(found.passed, "{found:?}");
            let exception = exception.expect("it is there");
            assert_eq!((exception.who, exception.rule), (one.who.clone(), one.rule.clone()));
            assert_eq!(exception.until.since(exception.from), Millis::from_days(14));
        }
    }

    #[test]
    fn without_owner_or_with_too_late_an_end_it_is_refused() {
        let documents = [SHIPPED.yaml.to_owned()];
        for (until, owner, expected) in
            [("2012-05-20", " ", "owner"), ("2013-05-20", "crm", "at most 90 days"), ("soon", "crm", "until")]
        {
            let (found, exception) = proposal(until, owner).check(&documents);
            assert!(!found.passed && exception.is_none());
            assert!(found.told.concat().contains(expected), "{found:?}");
        }
        let unknown = Proposal { rule: "nobody's".into(), ..proposal("2012-05-20", "crm") };
        assert!(!unknown.check(&documents).0.passed);
    }
}
