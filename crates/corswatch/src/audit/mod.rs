//! `corswatch audit`: what is wrong with the CORS policy of servers.

pub(crate) mod cases;

use std::path::Path;
use std::process::ExitCode;

use ::audit::{Day, Suppressions, Target, audit, compare};
use findings::SourceLocation;
use tokio::time::Instant;
use url::Url;

use self::cases::{AuditedUrl, case, tell};
use crate::cli::Audit;
use crate::exit::Failure;
use crate::policies::lint;
use crate::{repository, targets};

/// A file of targets or suppressions is no larger.
const MOST_BYTES: u64 = 8 << 20;

/// Audits every URL, one after the other: a server is asked some 60 times, and no one's server is
/// asked faster than it answers.
pub(crate) fn run(args: &Audit) -> Result<ExitCode, Failure> {
    let mut unread = 0;
    let mut written: Vec<AuditedUrl> = args.urls.iter().map(on_command_line).collect();
    if let Some(file) = &args.targets {
        written.extend(of_file(file, &mut unread)?);
    }
    let suppressions = match &args.suppress {
        Some(file) => suppressions(file, &mut unread)?,
        None => Suppressions::default(),
    };
    match &args.policy {
        Some(file) => lint::run(args, file, written, &suppressions, unread),
        None => targets::run(look(args, written, suppressions, unread)),
    }
}

async fn look(
    args: &Audit,
    written: Vec<AuditedUrl>,
    suppressions: Suppressions,
    unread: usize,
) -> Result<ExitCode, Failure> {
    let compared = args.edge.iter().chain(&args.origin);
    let urls = written.iter().map(|written| &written.url).chain(compared);
    let client = targets::client(urls, &args.asking)?;
    let today = Day::of_unix_millis(runtime::Clock::system().now().0);
    let mut cases = Vec::new();
    let mut stances = Vec::new();
    for AuditedUrl { url, place } in written {
        let target = Target {
            url,
            page_origins: args.page_origins.clone(),
            reads: args.reads.clone(),
        };
        let started = Instant::now();
        let mut audited = audit(&client, &target).await;
        if let Some(stance) = audited.stance {
            audited.findings.extend(stance.beside(&stances));
            stances.push(stance);
        }
        let case = case(
            target.url.as_str(),
            place,
            started.elapsed(),
            audited.findings,
        );
        cases.push((target.url, case));
    }
    if let (Some(edge), Some(origin)) = (&args.edge, &args.origin) {
        let started = Instant::now();
        let findings = compare(&client, edge, origin, &args.page_origins).await;
        let name = format!("{edge} against {origin}");
        let place = on_command_line(edge).place;
        cases.push((
            edge.clone(),
            case(&name, place, started.elapsed(), findings),
        ));
    }
    for (url, case) in &mut cases {
        suppressions.apply(case, url.as_str(), today);
    }
    tell(args, cases, unread)
}

/// A URL of the command line lies in no file: its host and path stand for one.
fn on_command_line(url: &Url) -> AuditedUrl {
    let host = url.host_str().unwrap_or_default();
    AuditedUrl {
        url: url.clone(),
        place: SourceLocation {
            file: format!("{host}{}", url.path())
                .trim_end_matches('/')
                .to_owned(),
            line: 1,
        },
    }
}

/// The URLs of a file, one a line; `#` starts a comment.
fn of_file(file: &Path, unread: &mut usize) -> Result<Vec<AuditedUrl>, Failure> {
    let text = text(file)?;
    let name = repository::path(file);
    let mut written = Vec::new();
    for (line, url) in (1..).zip(text.lines()) {
        // A fragment is no part of what is asked, so that a comment cannot be mistaken for one.
        let url = url.split('#').next().unwrap_or_default().trim();
        if url.is_empty() {
            continue;
        }
        let place = SourceLocation {
            file: name.clone(),
            line,
        };
        match settings::web_url(url) {
            Ok(url) => written.push(AuditedUrl { url, place }),
            Err(reason) => {
                complain!("{place}: `{url}` {reason}");
                *unread += 1;
            }
        }
    }
    Ok(written)
}

fn suppressions(file: &Path, unread: &mut usize) -> Result<Suppressions, Failure> {
    let (suppressions, problems) = Suppressions::read(&text(file)?);
    let name = repository::path(file);
    for (line, reason) in &problems {
        complain!("{name}:{line}: {reason}");
    }
    *unread += problems.len();
    Ok(suppressions)
}

fn text(file: &Path) -> Result<String, Failure> {
    crate::file::text(file, MOST_BYTES)
        .map(|(text, _)| text)
        .map_err(|reason| Failure::Input(format!("{}: {reason}", file.display())))
}
