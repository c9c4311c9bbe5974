//! What the platforms answer.

use super::{List, Platform, Rule, Rules};
use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::{PredictedResponse, Upstream};
use crate::sheet::Sheet;

/// What CloudFront sends for `ALL`.
const ALL_METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

pub(super) fn tell(
    rules: &Rules,
    ask: &Ask<'_>,
    upstream: &Upstream,
) -> Result<PredictedResponse, Doubt> {
    if let Some(doubt) = rules.rules.iter().find_map(|rule| rule.open.clone()) {
        return Err(doubt);
    }
    let first = rules.rules.first().map(|rule| rule.place.clone());
    let place = first.unwrap_or_else(|| SourceLocation {
        file: "".into(),
        line: 1,
    });
    let rule = rules
        .rules
        .iter()
        .find(|rule| rule.fits(rules.platform, ask));
    let by = rule.map_or(&place, |rule| &rule.place);
    let answers = match rules.platform {
        Platform::CloudFront => None,
        _ if ask.is_preflight() => Some(status(rules.platform, rule)),
        // An `OPTIONS` that is not a preflight.
        Platform::S3 | Platform::AzureStorage if ask.method == "OPTIONS" => Some(400),
        _ => None,
    };
    let mut predicted = match answers {
        Some(status) => PredictedResponse {
            status,
            by: Some(by.clone()),
            ..PredictedResponse::default()
        },
        None => upstream.passed_on(ask.is_preflight(), "what is behind", by)?,
    };
    if let Some(rule) = rule {
        let mut sheet = Sheet(std::mem::take(&mut predicted.lines));
        rule.headers(rules.platform, ask, &mut sheet);
        predicted.lines = sheet.0;
    }
    Ok(predicted)
}

/// The status of the answer to a preflight.
fn status(platform: Platform, rule: Option<&Rule>) -> u16 {
    match (platform, rule) {
        (Platform::S3 | Platform::AzureStorage, None) => 403,
        (Platform::ApiGateway | Platform::AzureAppService, _) => 204,
        _ => 200,
    }
}

/// Whether a pattern with one `*` or none stands for a text.
fn covers(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

/// The entry of a list of origins that lets one in.
fn admitting<'a>(
    platform: Platform,
    origins: &'a List,
    origin: &str,
) -> Option<&'a (String, SourceLocation)> {
    origins.iter().find(|(pattern, _)| match platform {
        _ if pattern == "*" => true,
        // Whole origins only, apart from `https://*` and `http://*`.
        Platform::ApiGateway => {
            pattern == origin
                || matches!(pattern.as_str(), "https://*" | "http://*") && covers(pattern, origin)
        }
        Platform::AzureAppService | Platform::Google => pattern == origin,
        _ => covers(pattern, origin),
    })
}

impl Rule {
    /// Whether the rule is about a request.
    fn fits(&self, platform: Platform, ask: &Ask<'_>) -> bool {
        let origin = ask.origin();
        if origin.is_empty() || admitting(platform, &self.origins, origin).is_none() {
            return false;
        }
        if !matches!(
            platform,
            Platform::S3 | Platform::Google | Platform::AzureStorage
        ) {
            return true;
        }
        let is_preflight = ask.is_preflight();
        let asked = |name: &str| ask.header(name).unwrap_or_default();
        let method = if is_preflight {
            asked("access-control-request-method")
        } else {
            ask.method
        };
        let has_method = self
            .methods
            .iter()
            .any(|(own, _)| own == method || own == "*" && platform == Platform::Google);
        let names = asked("access-control-request-headers").to_ascii_lowercase();
        let mut names = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let has_headers = !is_preflight
            || names.all(|name| {
                let mut own = self.headers.iter();
                own.any(|(pattern, _)| covers(&pattern.to_ascii_lowercase(), name))
            });
        has_method && has_headers
    }

    fn headers(&self, platform: Platform, ask: &Ask<'_>, sheet: &mut Sheet) {
        let Some((pattern, place)) = admitting(platform, &self.origins, ask.origin()) else {
            return;
        };
        let is_preflight = ask.is_preflight();
        // What comes from behind: the platform's own takes its place, or gives way to it.
        let mut own = Sheet::default();
        let is_open =
            pattern == "*" && !(platform == Platform::ApiGateway && self.credentials.is_some());
        let origin = if is_open { "*" } else { ask.origin() };
        own.set("Access-Control-Allow-Origin", origin, Some(place));
        let credentials = match platform {
            // Always, but not to everybody.
            Platform::S3 | Platform::AzureStorage => (!is_open).then_some(place),
            _ => self.credentials.as_ref(),
        };
        if let Some(place) = credentials {
            own.set("Access-Control-Allow-Credentials", "true", Some(place));
        }
        if !is_open && platform != Platform::ApiGateway {
            own.set("Vary", "Origin", Some(place));
        }
        let of_answer = match platform {
            Platform::Google => &self.headers,
            _ => &self.expose,
        };
        let both = matches!(platform, Platform::S3);
        if let Some((names, place)) = joined(of_answer)
            && (both || !is_preflight)
        {
            own.set("Access-Control-Expose-Headers", names, Some(place));
        }
        if is_preflight || both {
            self.of_preflight(platform, ask, &mut own);
        }
        if platform == Platform::ApiGateway {
            // Those from behind are ignored.
            sheet.0.retain(|line| !crate::sheet::matters(&line.name));
        }
        for line in own.0 {
            if self.overrides || !sheet.has(&line.name) {
                sheet.set(&line.name, line.value, line.place.as_ref());
            }
        }
    }

    fn of_preflight(&self, platform: Platform, ask: &Ask<'_>, own: &mut Sheet) {
        let asked = |name: &str| ask.header(name).unwrap_or_default().to_owned();
        let asked_headers = asked("access-control-request-headers");
        let echo = |list: &List, text: String| {
            let (_, place) = list.first().cloned()?;
            Some((text, place))
        };
        let methods = match platform {
            Platform::AzureStorage => echo(&self.methods, asked("access-control-request-method")),
            Platform::AzureAppService => {
                echo(&self.origins, asked("access-control-request-method"))
            }
            Platform::CloudFront if self.methods.iter().any(|(name, _)| name == "ALL") => {
                echo(&self.methods, ALL_METHODS.to_owned())
            }
            _ => joined(&self.methods).map(|(text, place)| (text, place.clone())),
        };
        let headers = match platform {
            Platform::S3 | Platform::AzureStorage => echo(&self.headers, asked_headers),
            Platform::AzureAppService => echo(&self.origins, asked_headers),
            _ => joined(&self.headers).map(|(text, place)| (text, place.clone())),
        };
        for (name, value) in [
            ("Access-Control-Allow-Methods", methods),
            ("Access-Control-Allow-Headers", headers),
            ("Access-Control-Max-Age", self.max_age.clone()),
        ] {
            if let Some((value, place)) = value.filter(|(value, _)| !value.is_empty()) {
                own.set(name, value, Some(&place));
            }
        }
    }
}

fn joined(list: &List) -> Option<(String, &SourceLocation)> {
    let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    list.first().map(|(_, place)| (names.join(", "), place))
}
