//! The CORS filter.

use super::text::Matcher;
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::grant::{Grant, Kind};
use crate::place::SourceLocation;
use crate::sheet::Sheet;
use crate::yaml::Node;

/// A text and its line.
pub(crate) type Placed = (String, SourceLocation);

/// The texts of a list as one header has them, and the place of the first.
pub(super) fn joined(list: Option<&Node>, separator: &str) -> Option<Placed> {
    let list = list?.listed();
    let (_, place) = list.first()?.clone();
    let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    Some((names.join(separator), place))
}

/// A `CorsPolicy`. What it does not say, the policy of the level above says.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) origins: Vec<(Matcher, SourceLocation)>,
    pub(crate) methods: Option<Placed>,
    pub(crate) headers: Option<Placed>,
    pub(crate) expose: Option<Placed>,
    pub(crate) max_age: Option<Placed>,
    pub(crate) credentials: Option<(bool, SourceLocation)>,
    pub(crate) private_network: Option<(bool, SourceLocation)>,
    /// Whether preflights of origins that are not allowed go on.
    pub(crate) forwards: Option<bool>,
    pub(crate) enabled: Enabled,
    pub(crate) place: SourceLocation,
}

/// `filter_enabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enabled {
    Always,
    Never,
    /// For a share of requests.
    Sometimes,
}

/// The filter with the policies of a route, the nearest first.
pub(crate) struct Filter<'a> {
    policies: &'a [Policy],
}

impl<'a> Filter<'a> {
    pub(crate) fn of(policies: &'a [Policy]) -> Option<Self> {
        let first = policies.first()?;
        (first.enabled != Enabled::Never).then_some(Self { policies })
    }

    fn first<T>(&self, of: impl Fn(&'a Policy) -> Option<T>) -> Option<T> {
        self.policies.iter().find_map(of)
    }

    fn text(&self, of: impl Fn(&'a Policy) -> &'a Option<Placed>) -> Option<&'a Placed> {
        self.first(|policy| of(policy).as_ref().filter(|(text, _)| !text.is_empty()))
    }

    /// The matcher that lets the origin in: a matcher that fits `*` lets everybody in.
    fn allowed(&self, origin: &str) -> Option<&'a SourceLocation> {
        let with_origins = |policy: &'a Policy| (!policy.origins.is_empty()).then_some(policy);
        let policy = self.first(with_origins)?;
        let mut origins = policy.origins.iter();
        origins
            .find(|(matcher, _)| matcher.matches("*") || matcher.matches(origin))
            .map(|(_, place)| place)
    }

    /// The answer to a preflight, where the filter gives one.
    pub(crate) fn preflight(&self, ask: &Ask<'_>) -> Result<Option<Sheet>, Doubt> {
        if ask.origin().is_empty() {
            return Ok(None);
        }
        if let Some(policy) = self
            .policies
            .first()
            .filter(|policy| policy.enabled == Enabled::Sometimes)
        {
            let reason = "`filter_enabled` is for a share of requests";
            return Err(Doubt::at(reason, &policy.place));
        }
        if !ask.is_preflight() {
            return Ok(None);
        }
        let allowed = self.allowed(ask.origin());
        let forwards = self.first(|policy| policy.forwards).unwrap_or(true);
        if allowed.is_none() && forwards {
            return Ok(None);
        }
        let mut sheet = Sheet::default();
        if let Some(place) = allowed {
            sheet.set("Access-Control-Allow-Origin", ask.origin(), Some(place));
        }
        self.credentials(&mut sheet);
        let lists = [
            (
                "Access-Control-Allow-Methods",
                self.text(|policy| &policy.methods),
                "access-control-request-method",
            ),
            (
                "Access-Control-Allow-Headers",
                self.text(|policy| &policy.headers),
                "access-control-request-headers",
            ),
        ];
        for (name, list, asked) in lists {
            let Some((list, place)) = list else { continue };
            // `*` echoes what is asked for.
            let value = match list.as_str() {
                "*" => ask.header(asked).unwrap_or_default(),
                list => list,
            };
            sheet.set(name, value, Some(place));
        }
        if let Some((seconds, place)) = self.text(|policy| &policy.max_age) {
            sheet.set("Access-Control-Max-Age", seconds, Some(place));
        }
        if let Some((true, place)) = self.first(|policy| policy.private_network.as_ref())
            && ask.header("access-control-request-private-network") == Some("true")
        {
            sheet.set("Access-Control-Allow-Private-Network", "true", Some(place));
        }
        Ok(Some(sheet))
    }

    fn credentials(&self, sheet: &mut Sheet) {
        if let Some((true, place)) = self.first(|policy| policy.credentials.as_ref()) {
            sheet.set("Access-Control-Allow-Credentials", "true", Some(place));
        }
    }

    /// What the filter sets in every answer to a page that is allowed. It never sets `Vary`.
    pub(crate) fn change(&self, ask: &Ask<'_>, sheet: &mut Sheet) {
        let origin = ask.origin();
        if origin.is_empty() {
            return;
        }
        let Some(place) = self.allowed(origin) else {
            return;
        };
        sheet.set("Access-Control-Allow-Origin", origin, Some(place));
        self.credentials(sheet);
        if let Some((names, place)) = self.text(|policy| &policy.expose) {
            sheet.set("Access-Control-Expose-Headers", names, Some(place));
        }
    }
}

impl Policy {
    pub(crate) fn grants(&self) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Grant::origins(&self.origins, Matcher::written).collect();
        for (kind, list) in [
            (Kind::Method, &self.methods),
            (Kind::Header, &self.headers),
            (Kind::Exposed, &self.expose),
        ] {
            if let Some((names, place)) = list {
                grants.extend(Grant::list(kind, names, place));
            }
        }
        grants
    }
}
