//! Links from what people are sent back to the console.

use crate::core::incident::Incident;
use url::Url;

/// Where the console is reached, if anybody said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsoleLinks(Option<Url>);

impl ConsoleLinks {
    /// Links to the console at `base`.
    pub fn new(base: Option<Url>) -> Self {
        Self(base)
    }

    /// Where the incident's case is judged. Opening it decides nothing: scanners of mail follow links, too.
    ///
    /// The case stands in the path, not behind a `#`: proxies that sign users in on the way lose that.
    pub fn verdict(&self, incident: &Incident) -> Option<String> {
        let mut url = self.0.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(["cases", &incident.case.0, "verdict"]);
        Some(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::incident::IncidentId;
    use crate::core::time::EventTime;

    #[test]
    fn a_case_has_one_place_whatever_its_id_holds() {
        let mut line = Incident::test(EventTime::MIN, "shop");
        line.case = IncidentId("00a/?#b".into());
        for base in ["https://leakwatch.corp.example", "https://leakwatch.corp.example/"] {
            let links = ConsoleLinks::new(Some(base.parse().expect("a URL")));
            let link = links.verdict(&line).expect("a link");
            assert_eq!(link, "https://leakwatch.corp.example/cases/00a%2F%3F%23b/verdict");
        }
        assert_eq!(ConsoleLinks::default().verdict(&line), None);
    }
}
