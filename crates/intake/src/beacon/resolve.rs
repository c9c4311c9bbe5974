//! [`Beacon`] -> [`Accepted`]: whatever depends on configuration, clock or the sender's headers.

use std::borrow::Cow;

use observation::{Browser, Context, Envelope, Observation, Origin, Page, Source, UnixMillis};
use web::Schemes;

use super::Beacon;
use super::row::{self, Target};
use super::wire::{self, Row};
use crate::catalog::Allowed;
use crate::json::refuse;
use crate::notes::ResolveContext;
use crate::plausibility::Reporter;
use crate::user_agent::read_user_agent;
use crate::{Accepted, Arrival, Dimension, LabTraffic, OpaqueOrigin, Reason, Refusal};

pub(super) fn resolve<'a>(
    beacon: wire::Beacon<'a>,
    ignored_members: u32,
    sender: &Beacon<'_>,
    context: &'a Arrival<'a>,
) -> Result<Accepted<Cow<'a, str>>, Refusal> {
    let id = identity(&beacon.id, "id")?;
    let session = identity(&beacon.session, "s")?;
    let is_withheld = sender.origin == Some("null");
    let opaque = is_withheld && beacon.page != "null";
    let is_disputed = opaque && context.app.opaque_origin() == OpaqueOrigin::Dispute;
    // Frames of one page send from the networks of all who look at it.
    let witness = if is_disputed { 0 } else { context.network };
    let mut notes = ResolveContext::new(context, witness);
    if is_withheld && context.app.opaque_origin() == OpaqueOrigin::Refuse {
        let detail =
            "the browser withheld the origin of the page, and the application refuses that";
        return Err(refuse(None, "page", Reason::PageOriginMismatch, detail));
    }
    let page_origin = page_origin(beacon.page, sender, context, &mut notes)?;
    let agent = read_user_agent(sender.user_agent);
    let page_context = match beacon.context.as_deref() {
        None => Context::Page,
        Some(word) => notes.word(word).unwrap_or(Context::Unknown),
    };
    let word = beacon.context.filter(|_| page_context == Context::Unknown);
    let counts_lab = context.app.lab_traffic() == LabTraffic::Count;
    let origin = Origin {
        app: Cow::Borrowed(context.app.name()),
        environment: environment(beacon.environment, context, &mut notes),
        release: notes.bounded(Dimension::Release, beacon.release),
        source: Source::Browser,
        page: Some(Page {
            origin: page_origin,
            context: page_context,
            session,
            // Who does not say which page it is vouches for nothing.
            network: if opaque { 0 } else { context.network },
            lab: (agent.headless || beacon.lab) && !counts_lab,
            browser: Browser {
                family: Cow::Borrowed(agent.browser.family),
                major: agent.browser.major,
            },
        }),
    };
    let sealed_at = context.received_at.plus(-beacon.age);
    let mut observations = observations(beacon.rows, sealed_at, word.as_deref(), &mut notes)?;
    let reporter = Reporter {
        app: context.app.index(),
        session,
        network: context.network,
        at: context.received_at,
        network_share: context.app.network_share(),
        has_opaque_origin: is_disputed,
    };
    context
        .plausibility
        .judge(reporter, observations.iter_mut());
    let envelope = Envelope {
        beacon: id,
        received_at: context.received_at,
        origin,
        observations,
    };
    Ok(Accepted {
        sdk: beacon.sdk,
        ..notes.accepted(envelope, ignored_members)
    })
}

fn observations<'a>(
    rows: Vec<Row<'a>>,
    sealed_at: UnixMillis,
    context_word: Option<&str>,
    notes: &mut ResolveContext<'a>,
) -> Result<Vec<Observation<Cow<'a, str>>>, Refusal> {
    let mut observations = Vec::with_capacity(rows.len());
    let mut target = None;
    for (at, mut row) in rows.into_iter().enumerate() {
        if let Some(text) = row.target.take() {
            target = Some(Target::read(text, at, notes)?);
        }
        let Some(target) = &target else {
            let detail = "the first row names its target origin";
            return Err(refuse(Some(at), "to", Reason::MissingMember, detail));
        };
        match row::observation(row, at, target, (sealed_at, context_word), notes)? {
            Some(observation) => observations.push(observation),
            None => notes.ignored_rows += 1,
        }
    }
    if observations.is_empty() {
        let detail = "no row is of a kind that this edge reads";
        return Err(refuse(None, "rows", Reason::NoRows, detail));
    }
    Ok(observations)
}

fn identity<I: std::str::FromStr<Err = observation::ParseIdError>>(
    text: &str,
    member: &str,
) -> Result<I, Refusal> {
    text.parse().map_err(|error: observation::ParseIdError| {
        refuse(None, member, Reason::BadId, error.to_string())
    })
}

fn page_origin<'a>(
    page: Cow<'a, str>,
    sender: &Beacon<'_>,
    context: &Arrival<'_>,
    notes: &mut ResolveContext<'_>,
) -> Result<Cow<'a, str>, Refusal> {
    // A sandboxed frame has the opaque origin "null"; only an application open to all takes it.
    if page != "null"
        && let Err(problem) = web::Origin::check(&page, Schemes::Any)
    {
        return Err(refuse(
            None,
            "page",
            Reason::BadOrigin,
            format!("the origin {problem}"),
        ));
    }
    // A browser also sends `Origin: null` where the page's referrer policy withholds the origin
    // (Fetch, "append a request Origin header"; beacons are `no-cors`), and for sandboxed frames,
    // which anybody can put into a page of his own: it says nothing then (`apps.opaque_origin`).
    if let Some(header) = sender.origin.filter(|header| *header != "null")
        && header != page
    {
        let detail = "the page origin is not that of the Origin header";
        return Err(refuse(None, "page", Reason::PageOriginMismatch, detail));
    }
    match context.app.allowed(&page) {
        Some(Allowed::Exactly) => Ok(page),
        Some(Allowed::ByPattern) => Ok(notes.bounded(Dimension::PageOrigin, page)),
        None => {
            let detail = format!("{page} is not one of the page origins of the key's application");
            Err(refuse(None, "page", Reason::PageOriginNotAllowed, detail))
        }
    }
}

fn environment<'a>(
    stated: Cow<'a, str>,
    context: &Arrival<'a>,
    notes: &mut ResolveContext<'_>,
) -> Cow<'a, str> {
    if stated.is_empty() {
        return Cow::Borrowed(context.app.environment());
    }
    notes.bounded(Dimension::Environment, stated)
}
