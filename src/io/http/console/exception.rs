//! An exception, proposed for a case that was expected work, and checked before anybody commits it.

use super::Console;
use super::api::{Refused, blocking, failed, no_case};
use super::body::{Body, Expected};
use super::who::Admin;
use crate::core::cases::{Audited, Verdict};
use crate::core::incident::{Entity, EntityKind, IncidentId};
use crate::core::proposal::{Found, Proposal};
use crate::core::rules::{Excepted, Exception};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest owner, ticket, reason or end, in bytes.
const MAX_FIELD_BYTES: usize = 500;
/// Where the exception has to go.
const WHERE: &str = "The console writes no rule files: they come with the deployment (a ConfigMap on Kubernetes). Commit this to \
                     the file that has the rule.";

/// What an admin says of it.
#[derive(Deserialize)]
pub(super) struct Asked {
    owner: String,
    ticket: String,
    reason: String,
    until: String,
    /// Whether what attacks would gain by it is taken into the bargain.
    #[serde(default)]
    accept_losses: bool,
}

impl Expected for Asked {
    const FORM: &'static str =
        r#"{"owner": text, "ticket": text, "reason": text, "until": date, "accept_losses": true or false}"#;
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    passed: bool,
    /// Whether it does not stand in the way all the same.
    accepted: bool,
    told: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    passed: bool,
    checks: Vec<Check>,
    /// What to commit, where every check passed or is accepted.
    yaml: Option<String>,
    next: &'static str,
}

/// Checks the exception: `rules check`, `rules test`, and attacks by whom it lets off. It is audited, passed or not.
pub(super) async fn propose(
    State(console): State<Console>,
    Path(id): Path<String>,
    Admin(by): Admin,
    Body(asked): Body<Asked>,
) -> Result<Response, Refused> {
    let fields = [&asked.owner, &asked.ticket, &asked.reason, &asked.until];
    if fields.iter().any(|field| field.len() > MAX_FIELD_BYTES) {
        let why = format!("owner, ticket, reason, until: expected at most {MAX_FIELD_BYTES} bytes each");
        return Err(Refused::new(StatusCode::BAD_REQUEST, &why));
    }
    let (case, proposal) = proposal(&console, &IncidentId(id), &asked)?;
    let (rules, tested) = (console.rules.get(), proposal.clone());
    let judged = tokio::task::spawn_blocking(move || {
        let (found, exception) = tested.check(&rules.published.yaml);
        let test = exception.as_ref().map(|_| tested.test(&rules.published.yaml));
        (found, exception, test)
    });
    let (found, exception, test) = judged.await.map_err(|error| failed(&error))?;
    let mut checks = vec![check("rules check", found)];
    checks.extend(test.map(|found| check("rules test", found)));
    if let Some(exception) = exception {
        checks.push(attacks(&console, exception, asked.accept_losses).await);
    }
    let passed = checks.iter().all(|check| check.passed || check.accepted);
    let audited = Audited::exception(console.clock.now(), by, case, proposal.yaml(str::to_owned), passed);
    let log = Arc::clone(&console.log);
    blocking(move || log.audit(&audited)).await?;
    let is_actor = matches!(proposal.who, Excepted::Actor(_));
    let spelled = |name: &str| if is_actor { console.board.shown(name) } else { name.to_owned() };
    let yaml = passed.then(|| proposal.yaml(spelled));
    for told in checks.iter_mut().flat_map(|check| &mut check.told) {
        *told = console.board.shown_text(told);
    }
    Ok((StatusCode::CREATED, Json(Answer { passed, checks, yaml, next: WHERE })).into_response())
}

fn check(name: &'static str, found: Found) -> Check {
    Check { name, passed: found.passed, accepted: false, told: found.told }
}

/// What is proposed for the case's gravest incident; its id too.
fn proposal(console: &Console, id: &IncidentId, asked: &Asked) -> Result<(String, Proposal), Refused> {
    let (case, rule, entity) = {
        let book = console.board.book();
        let case = book.case(id).ok_or_else(no_case)?;
        if case.judgement.is_none_or(|judgement| judgement.verdict != Verdict::Expected) {
            let why = "expected a case that was judged to be expected work";
            return Err(Refused::new(StatusCode::CONFLICT, why));
        }
        let gravest = case.incidents.first().ok_or_else(no_case)?;
        (case.id.to_string(), gravest.shown.rule.clone(), gravest.shown.entity.clone())
    };
    let masked = |text: &str| console.typed.masked(text);
    let proposal = Proposal {
        rule,
        who: who(console, entity)?,
        from: console.clock.now(),
        until: masked(&asked.until),
        owner: masked(&asked.owner),
        ticket: masked(&asked.ticket),
        reason: masked(&asked.reason),
    };
    Ok((case, proposal))
}

fn who(console: &Console, entity: Entity) -> Result<Excepted, Refused> {
    match entity.kind {
        EntityKind::Actor => console.board.account(&entity.id).map(Excepted::Actor).ok_or_else(no_case),
        EntityKind::Team => Ok(Excepted::Team(entity.id)),
        EntityKind::Destination | EntityKind::Domain | EntityKind::ClientIp | EntityKind::Source => {
            Ok(Excepted::Entity(entity.id))
        }
    }
}

async fn attacks(console: &Console, exception: Exception, accept_losses: bool) -> Check {
    let name = "injected attacks";
    let tried = match console.workbench.attack(exception).await {
        Ok(tried) => tried,
        Err(why) => return Check { name, passed: false, accepted: accept_losses, told: vec![why] },
    };
    let mut told =
        vec![format!("{} attacks by whom it lets off, {} of them noticed without it", tried.attacks, tried.caught)];
    if tried.left_out > 0 {
        told.push(format!("there was no time for {} more", tried.left_out));
    }
    if tried.lost.is_empty() {
        told.push("nothing is noticed less with it".to_owned());
    }
    let passed = tried.lost.is_empty() && tried.left_out == 0;
    told.extend(tried.lost);
    Check { name, passed, accepted: accept_losses, told }
}
