//! One audit of one target.

use std::time::Duration;

use audit::audit;
use browse::Client;
use cors::{Answer, Origin, cache};
use findings::Finding;
use runtime::Clock;
use store::Grant;
use url::Url;

use crate::ask::{Paced, Question};
use crate::candidates::Candidate;
use crate::judge;
use crate::seen::{AuditedPolicy, Looked, STRANGER, Stranger, Tried, Unanswered};
use crate::targets::Target;

/// The origin of sandboxed frames.
const NULL: &str = "null";
/// Pages that the audit makes look-alikes of.
const MOST_PAGES: usize = 3;
/// How long all questions of one audit may take.
const LONGEST: Duration = Duration::from_secs(300);

/// Audits `target`.
pub(crate) async fn look(
    client: Paced,
    target: &Target,
    candidates: Vec<Candidate>,
    clock: &Clock,
) -> Looked {
    let at = clock.now();
    let found = match target.place.url.parse() {
        Ok(url) => {
            let asking = Asking {
                client,
                target,
                url,
            };
            let within = tokio::time::timeout(LONGEST, asking.everything(candidates)).await;
            within.unwrap_or_else(|_| {
                let reason = format!("not all questions were answered within {LONGEST:?}");
                Err(Unanswered::NoAnswer(reason))
            })
        }
        Err(error) => {
            let reason = format!("{} is not a URL: {error}", target.place.url);
            Err(Unanswered::Refused(reason))
        }
    };
    Looked { at, found }
}

/// Makes the client of one audit.
pub(crate) fn paced(client: &Client, per_second: u32) -> Paced {
    Paced::new(client.clone(), per_second)
}

struct Asking<'a> {
    client: Paced,
    target: &'a Target,
    url: Url,
}

impl Asking<'_> {
    async fn everything(&self, candidates: Vec<Candidate>) -> Result<AuditedPolicy, Unanswered> {
        let stranger = Stranger {
            preflight: self.ask(STRANGER, self.preflight()).await?,
            response: match self.target.is_read() {
                true => Some(self.ask(STRANGER, Question::Read).await?),
                false => None,
            },
        };
        let null = self.ask(NULL, self.question()).await?;
        let open = judge::openness(&stranger, self.target.is_read());
        let tried = match open {
            Some(_) => Vec::new(),
            None => self.try_all(candidates.clone()).await?,
        };
        let stance = open.unwrap_or_else(|| judge::closed(&null, &tried, self.target.is_read()));
        let max_age = self.max_age(&stranger, &tried).await?;
        let findings = match self.target.is_read() {
            true => self.audit(&tried, candidates).await?,
            false => judge::of_preflights(self.url.as_str(), &stranger, &null, &tried, max_age),
        };
        Ok(AuditedPolicy {
            stance,
            vary: judge::vary(stance, self.target.is_read(), &findings),
            max_age,
            tried,
            findings,
        })
    }

    /// What tells whom the target lets read.
    fn question(&self) -> Question<'_> {
        match self.target.is_read() {
            true => Question::Read,
            false => self.preflight(),
        }
    }

    fn preflight(&self) -> Question<'_> {
        Question::Preflight(&self.target.method)
    }

    async fn ask(&self, origin: &str, question: Question<'_>) -> Result<Answer, Unanswered> {
        let asked = self.client.on_behalf(origin, &self.url, question).await;
        asked.map_err(Unanswered::from)
    }

    async fn try_all(&self, candidates: Vec<Candidate>) -> Result<Vec<Tried>, Unanswered> {
        let mut tried = Vec::with_capacity(candidates.len());
        for Candidate { origin, source } in candidates {
            let answer = self.ask(origin.as_str(), self.question()).await?;
            tried.push(Tried {
                grant: judge::grant(&answer, origin.as_str(), self.target.is_read()),
                origin: origin.as_str().to_owned(),
                source,
            });
        }
        Ok(tried)
    }

    /// How long the preflights of those who are allowed are kept.
    async fn max_age(
        &self,
        stranger: &Stranger,
        tried: &[Tried],
    ) -> Result<Option<u32>, Unanswered> {
        let reader = tried.iter().find(|tried| tried.grant != Grant::Denied);
        let seconds = match reader {
            Some(reader) => cache::stated(&self.ask(&reader.origin, self.preflight()).await?),
            None => cache::stated(&stranger.preflight),
        };
        Ok(seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)))
    }

    /// The audit proper, on behalf of pages that are allowed, or else of those that call.
    async fn audit(
        &self,
        tried: &[Tried],
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Finding>, Unanswered> {
        let let_in = |candidate: &Candidate| {
            tried.iter().any(|tried| {
                tried.grant != Grant::Denied && tried.origin == candidate.origin.as_str()
            })
        };
        let (mut pages, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(let_in);
        if pages.is_empty() {
            pages = others;
        }
        let pages = pages.into_iter().map(|candidate| candidate.origin);
        let target = audit::Target {
            url: self.url.clone(),
            page_origins: pages.take(MOST_PAGES).collect::<Vec<Origin>>(),
            reads: Vec::new(),
        };
        let audited = audit(&self.client, &target).await;
        if audited.stance.is_some() {
            return Ok(audited.findings);
        }
        let reason = audited.findings.into_iter().map(|finding| finding.message);
        Err(Unanswered::NoAnswer(reason.collect::<Vec<_>>().join(" ")))
    }
}
