//! What part of the data a request asks about: app, filters and time window.

use std::collections::BTreeSet;

use observation::{Source, UnixMillis};
use settings::Span;
use store::{Flow, SliFilter};
use utoipa::IntoParams;
use utoipa::openapi::Object;

use crate::auth::Caller;
use crate::interval::Interval;
use crate::params::{Params, names};
use crate::state::Shared;
use crate::timestamp::{NotATime, Timestamp};
use crate::view::words::one_of;

/// Longest window that can be asked for.
const MAX_WINDOW: Span = Span::secs(400 * 86_400);
pub(crate) const DEFAULT_WINDOW: &str = "1h";
const WINDOW_SYNTAX: &str = "a span of 1m to 400d before `to`, such as 5m, 1h or 7d";

/// The app parameter, as it is documented; read by [`app`].
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `app` reads")]
pub(crate) struct OneAppParams {
    /// Configured app.
    #[param(min_length = 1, max_length = 64)]
    app: String,
}

/// The parameters of time, as they are documented; read by [`interval`].
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `interval` reads")]
pub(crate) struct WindowParams {
    /// How far back from `to`: `5m`, `1h`, `7d`; at most `400d`. Default `1h`. Not beside `from`.
    #[param(pattern = "^([1-9]|[1-9][0-9]|[1-3][0-9]{2}|400)[mhd]$")]
    window: Option<String>,
    /// Start, RFC 3339 in UTC or milliseconds since 1970; rounded down to the minute.
    #[param(max_length = 64)]
    from: Option<String>,
    /// End, rounded up to the minute; default now.
    #[param(max_length = 64)]
    to: Option<String>,
}

/// The filters, as they are documented; read by [`Selection::read`].
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters that `Selection::read` reads"
)]
pub(crate) struct FilterParams {
    /// Configured service; empty for requests that match none.
    #[param(max_length = 2048)]
    service: Option<String>,
    /// Origin of the page: `https://shop.example`.
    #[param(max_length = 2048)]
    page_origin: Option<String>,
    /// Path template: `/cart/:id`.
    #[param(max_length = 2048)]
    endpoint: Option<String>,
    /// Origin of the server that was asked.
    #[param(max_length = 2048)]
    target_origin: Option<String>,
    /// Release of the page; empty for pages that state none.
    #[param(max_length = 2048)]
    release: Option<String>,
    /// Deployment environment; empty for pages that state none.
    #[param(max_length = 2048)]
    environment: Option<String>,
    /// Only calls of a critical flow: one of the app's `[[flows]]`.
    #[param(max_length = 64)]
    flow: Option<String>,
    /// Who saw it; default `browser`. The same failure seen by two sources is never summed.
    #[param(schema_with = sources)]
    source: Option<String>,
}

/// What a request asks about.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) filter: SliFilter,
    pub(crate) interval: Interval,
    /// The window as it was asked for.
    pub(crate) window: String,
}

impl Selection {
    /// The names of all parameters that [`Selection::read`] takes.
    pub(crate) fn names() -> Vec<String> {
        [
            names::<OneAppParams>(),
            names::<WindowParams>(),
            names::<FilterParams>(),
        ]
        .concat()
    }

    /// Takes the selecting parameters out of `params`; faults are noted there.
    pub(crate) fn read(params: &mut Params, caller: &Caller, shared: &Shared) -> Self {
        let app = app(params, caller, shared);
        let (interval, window) = interval(params, shared.clock.now());
        let source = params.parse(
            "source",
            &words(Source::ALL.iter().map(|word| word.as_str())),
        );
        let lab = shared
            .apps
            .iter()
            .find(|known| known.name == app)
            .map(|known| known.lab);
        let flow = flow(params, &app, shared);
        let filter = SliFilter {
            flow,
            service: params.exact("service"),
            page_origin: params.exact("page_origin"),
            endpoint: params.exact("endpoint"),
            target_origin: params.exact("target_origin"),
            release: params.exact("release"),
            environment: params.exact("environment"),
            source: source.unwrap_or(Source::Browser),
            lab: lab.unwrap_or_default(),
            reports: store::Reports::default(),
            app,
        };
        Self {
            filter,
            interval,
            window,
        }
    }
}

/// The app that is asked about; it must be configured and within the caller's scope.
pub(crate) fn app(params: &mut Params, caller: &Caller, shared: &Shared) -> String {
    let given = params.text("app").unwrap_or_default();
    let visible: Vec<&str> = shared
        .app_names()
        .filter(|name| caller.may_see(name))
        .collect();
    if !visible.contains(&given.as_str()) {
        params.fault("app", &given, words(visible.into_iter()));
    }
    given
}

/// The flow that is asked about: one of the app's, whose objectives carry them.
fn flow(params: &mut Params, app: &str, shared: &Shared) -> Option<Flow> {
    let name = params.text("flow")?;
    let own = shared.slos.iter().filter(|slo| slo.filter.app == app);
    let known: Vec<&Flow> = own.filter_map(|slo| slo.filter.flow.as_ref()).collect();
    let found = known.iter().find(|flow| flow.name == name);
    if found.is_none() {
        let names: BTreeSet<_> = known.iter().map(|flow| flow.name.as_str()).collect();
        params.fault("flow", &name, words(names.into_iter()));
    }
    found.map(|flow| (*flow).clone())
}

/// The time that is asked about, and how long it was asked to be.
pub(crate) fn interval(params: &mut Params, now: UnixMillis) -> (Interval, String) {
    let permitted = NotATime.to_string();
    let to = params.parse::<Timestamp>("to", &permitted);
    let to = to.map_or(now, |stamp| stamp.0);
    let permitted = format!("{permitted}; the last hour is window=1h");
    let from = params.parse::<Timestamp>("from", &permitted);
    let window = params.text("window");
    let (field, given, span) = match (from, window) {
        (Some(Timestamp(from)), None) => {
            let span = Span::millis(u64::try_from(to.0 - from.0).unwrap_or_default());
            ("from", Timestamp(from).to_string(), Some(span))
        }
        (Some(_), Some(window)) => {
            params.fault("window", &window, "either window or from, not both");
            ("window", window, Some(MAX_WINDOW))
        }
        (None, window) => {
            let window = window.unwrap_or_else(|| DEFAULT_WINDOW.to_owned());
            let span = window.parse().ok();
            ("window", window, span)
        }
    };
    let span = span.filter(|span| (Span::secs(60)..=MAX_WINDOW).contains(span));
    if span.is_none() {
        params.fault(field, &given, WINDOW_SYNTAX);
    }
    let span = span.unwrap_or(MAX_WINDOW);
    let asked = if field == "from" {
        span.to_string().replace(' ', "")
    } else {
        given
    };
    (Interval::ending_at(to, span.as_millis()), asked)
}

fn sources() -> Object {
    one_of(Source::ALL.iter().map(|source| source.as_str()))
}

/// `words` as one sentence part.
pub(crate) fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    match words.collect::<Vec<_>>().join(", ").as_str() {
        "" => "none: nothing of the kind is configured".to_owned(),
        words => format!("one of {words}"),
    }
}
