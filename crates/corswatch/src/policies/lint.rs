//! `corswatch audit --policy`: what is wrong with a policy in a file.

use std::path::Path;
use std::process::ExitCode;

use ::audit::{Day, OnPaper, PageOrigins, Suppressions, Target, audit};
use cors::Origin;
use policy::{Kind, Policy};
use tokio::time::Instant;
use url::Url;

use super::file;
use crate::audit::cases::{AuditedUrl, case, tell};
use crate::cli::Audit;
use crate::exit::Failure;
use crate::targets;

/// Parts of a policy that are looked at; a larger one needs the URLs that matter.
const MAX_LINTED_PARTS: usize = 500;

/// Audits the URLs, or every part of the policy.
pub(crate) fn run(
    args: &Audit,
    file: &Path,
    mut written: Vec<AuditedUrl>,
    suppressions: &Suppressions,
    mut unread: usize,
) -> Result<ExitCode, Failure> {
    let (policy, problems) = file::read(file, args.form, &args.allow_includes)?;
    unread += problems;
    if written.is_empty() {
        written = doors(&policy)?;
    }
    let paper = OnPaper::new(&policy, args.upstream_preflight);
    let (origins, page_origins) = if args.page_origins.is_empty() {
        (PageOrigins::Inferred, named(&policy))
    } else {
        (PageOrigins::Given, args.page_origins.clone())
    };
    targets::run(async {
        let today = Day::of_unix_millis(runtime::Clock::system().now().0);
        let mut cases = Vec::new();
        for AuditedUrl { url, place } in written {
            let target = Target {
                url,
                page_origins: page_origins.clone(),
                reads: args.reads.clone(),
            };
            let started = Instant::now();
            let mut findings = audit(&paper, &target).await.findings;
            paper.finish(&target, origins, &mut findings);
            let name = target.url.as_str();
            let mut case = case(name, place, started.elapsed(), findings);
            suppressions.apply(&mut case, name, today);
            cases.push((target.url, case));
        }
        tell(args, cases, unread)
    })
}

/// A URL for every part of the policy.
fn doors(policy: &Policy) -> Result<Vec<AuditedUrl>, Failure> {
    let doors = policy.doors();
    if doors.is_empty() {
        return Err(Failure::Input(
            "the policy names no path to look at: name a URL".to_owned(),
        ));
    }
    if doors.len() > MAX_LINTED_PARTS {
        complain!(
            "the policy has {} parts: the first {MAX_LINTED_PARTS} are looked at",
            doors.len()
        );
    }
    let written = doors.into_iter().take(MAX_LINTED_PARTS).filter_map(|door| {
        let host = door.host.unwrap_or_else(|| "any-host.test".to_owned());
        let url = Url::parse(&format!("https://{host}{}", door.path)).ok()?;
        Some(AuditedUrl {
            url,
            place: findings::SourceLocation {
                file: door.place.file.to_string(),
                line: door.place.line,
            },
        })
    });
    Ok(written.collect())
}

/// The origins that the policy names, also in regular expressions that say nothing else.
fn named(policy: &Policy) -> Vec<Origin> {
    let grants = policy.grants();
    let values = grants.iter().filter(|grant| grant.kind == Kind::Origin);
    let mut origins: Vec<Origin> = values
        .filter_map(|grant| {
            let text = grant
                .value
                .trim_start_matches(['~', '*', '^'])
                .trim_end_matches('$');
            match Origin::parse(&text.replace('\\', "")) {
                Some(origin @ Origin::Tuple(_)) if !origin.as_str().contains(['*', '(']) => {
                    Some(origin)
                }
                _ => None,
            }
        })
        .collect();
    origins.dedup();
    origins.truncate(8);
    origins
}
