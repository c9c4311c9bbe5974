//! The headers middleware.

use fancy_regex::Regex;

use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::grant::{Grant, Kind};
use crate::nginx::{Case, regex};
use crate::place::{Problem, SourceLocation, problem};
use crate::sheet::Sheet;
use crate::yaml::Node;

type List = Vec<(String, SourceLocation)>;

/// Its settings.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    origins: List,
    expressions: Vec<(Regex, SourceLocation)>,
    methods: List,
    headers: List,
    expose: List,
    credentials: Option<SourceLocation>,
    max_age: Option<(String, SourceLocation)>,
    vary: Option<SourceLocation>,
    custom: List,
}

/// Settings about other things: security headers, changes of requests.
const OTHERS: [&str; 25] = [
    "customrequestheaders",
    "allowedhosts",
    "hostsproxyheaders",
    "sslproxyheaders",
    "stsseconds",
    "stsincludesubdomains",
    "stspreload",
    "forcestsheader",
    "framedeny",
    "customframeoptionsvalue",
    "contenttypenosniff",
    "browserxssfilter",
    "custombrowserxssvalue",
    "contentsecuritypolicy",
    "contentsecuritypolicyreportonly",
    "publickey",
    "referrerpolicy",
    "permissionspolicy",
    "featurepolicy",
    "isdevelopment",
    "sslredirect",
    "ssltemporaryredirect",
    "sslhost",
    "sslforcehost",
    "customresponseheaders",
];

impl Headers {
    pub(crate) fn read(node: &Node, problems: &mut Vec<Problem>) -> Self {
        let mut headers = Self::default();
        for (name, place, value) in node.members() {
            let is_on = |value: &Node| {
                value
                    .text()
                    .is_some_and(|text| text.eq_ignore_ascii_case("true"))
            };
            match name.to_ascii_lowercase().as_str() {
                "accesscontrolalloworiginlist" => headers.origins = value.texts(),
                "accesscontrolalloworiginlistregex" => {
                    for (text, place) in value.texts() {
                        match regex(&text, Case::Kept) {
                            Ok(regex) => headers.expressions.push((regex, place)),
                            Err(reason) => problem(problems, &place, reason),
                        }
                    }
                }
                "accesscontrolallowmethods" => headers.methods = value.listed(),
                "accesscontrolallowheaders" => headers.headers = value.listed(),
                "accesscontrolexposeheaders" => headers.expose = value.listed(),
                "accesscontrolallowcredentials" => {
                    headers.credentials = is_on(value).then(|| value.place.clone());
                }
                "addvaryheader" => headers.vary = is_on(value).then(|| value.place.clone()),
                "accesscontrolmaxage" => match value
                    .text()
                    .filter(|text| text.parse::<i64>().is_ok())
                {
                    Some(text) => headers.max_age = Some((text.to_owned(), value.place.clone())),
                    None => problem(
                        problems,
                        place,
                        "`accessControlMaxAge` is a number of seconds",
                    ),
                },
                "customresponseheaders" => {
                    for (name, place, value) in value.members() {
                        headers.custom.push((
                            format!("{name}\n{}", value.text().unwrap_or_default()),
                            place.clone(),
                        ));
                    }
                }
                "accesscontrolalloworigin" => problem(
                    problems,
                    place,
                    "`accessControlAllowOrigin` is of Traefik 1: it is `accessControlAllowOriginList` today, a list",
                ),
                other if OTHERS.contains(&other) => {}
                other => problem(
                    problems,
                    place,
                    format!("unknown field `{other}` of a headers middleware"),
                ),
            }
        }
        headers
    }

    /// `HasCorsHeadersDefined`: only then preflights are answered here.
    fn has_cors(&self) -> bool {
        self.credentials.is_some()
            || self.max_age.is_some()
            || self.vary.is_some()
            || [&self.origins, &self.methods, &self.headers, &self.expose]
                .iter()
                .any(|list| !list.is_empty())
            || !self.expressions.is_empty()
    }

    /// Whether it does something to answers.
    pub(crate) fn is_about_answers(&self) -> bool {
        self.has_cors() || !self.custom.is_empty()
    }

    /// `matchOrigin`: the list by exact comparison or `*`, then regular expressions that match
    /// anywhere in the origin.
    fn allowed<'a>(&'a self, origin: &str) -> Option<(String, &'a SourceLocation)> {
        for (item, place) in &self.origins {
            if item == origin {
                return Some((item.clone(), place));
            }
            if item == "*" {
                let echoes = self.credentials.is_some();
                let value = if echoes { origin } else { "*" };
                return Some((value.to_owned(), place));
            }
        }
        let fits = |regex: &Regex| regex.is_match(origin).unwrap_or(false);
        let found = self.expressions.iter().find(|(regex, _)| fits(regex));
        found.map(|(_, place)| (origin.to_owned(), place))
    }

    /// Sets what both kinds of answers have.
    fn common(&self, ask: &Ask<'_>, sheet: &mut Sheet) {
        if let Some((value, place)) = self.allowed(ask.origin()) {
            sheet.set("Access-Control-Allow-Origin", value, Some(place));
        }
        if let Some(place) = &self.credentials {
            sheet.set("Access-Control-Allow-Credentials", "true", Some(place));
        }
        let is_open = self.expose.iter().any(|(name, _)| name == "*");
        if let Some((_, place)) = self.expose.first()
            && !(is_open && self.credentials.is_some())
        {
            sheet.set(
                "Access-Control-Expose-Headers",
                joined(&self.expose),
                Some(place),
            );
        }
    }

    /// The answer to a preflight, which goes no further.
    pub(crate) fn preflight(&self, ask: &Ask<'_>) -> Option<Sheet> {
        if !self.has_cors() || !ask.is_preflight() {
            return None;
        }
        let mut sheet = Sheet::default();
        self.common(ask, &mut sheet);
        let lists = [
            (
                "Access-Control-Allow-Headers",
                &self.headers,
                "access-control-request-headers",
            ),
            (
                "Access-Control-Allow-Methods",
                &self.methods,
                "access-control-request-method",
            ),
        ];
        for (name, list, asked) in lists {
            let Some((_, place)) = list.first() else {
                continue;
            };
            let is_open = list.iter().any(|(entry, _)| entry == "*");
            let value = if is_open && self.credentials.is_some() {
                ask.header(asked).unwrap_or_default().to_owned()
            } else {
                joined(list)
            };
            if !value.is_empty() {
                sheet.set(name, value, Some(place));
            }
        }
        if let Some((seconds, place)) = &self.max_age {
            sheet.set("Access-Control-Max-Age", seconds, Some(place));
        }
        Some(sheet)
    }

    /// Changes what comes from behind (`PostRequestModifyResponseHeaders`).
    pub(crate) fn change(&self, ask: &Ask<'_>, sheet: &mut Sheet) -> Result<(), Doubt> {
        if !self.is_about_answers() {
            return Ok(());
        }
        for (entry, place) in &self.custom {
            let (name, value) = entry.split_once('\n').unwrap_or((entry, ""));
            if value.is_empty() {
                sheet.remove(name);
            } else {
                sheet.set(name, value, Some(place));
            }
        }
        self.common(ask, sheet);
        if let Some(place) = &self.vary {
            let before = sheet.0.iter().find(|line| crate::sheet::is(line, "vary"));
            let value = match before.map(|line| line.value.as_str()) {
                Some("Origin") => return Ok(()),
                Some(before) if !before.is_empty() => format!("{before},Origin"),
                _ => "Origin".to_owned(),
            };
            sheet.set("Vary", value, Some(place));
        }
        Ok(())
    }

    pub(crate) fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for (kind, list) in [
            (Kind::Origin, &self.origins),
            (Kind::Method, &self.methods),
            (Kind::Header, &self.headers),
            (Kind::Exposed, &self.expose),
        ] {
            grants.extend(Grant::all(kind, list));
        }
        let written = |regex: &Regex| format!("~{}", regex.as_str());
        grants.extend(Grant::origins(&self.expressions, written));
        for (entry, place) in &self.custom {
            let (name, value) = entry.split_once('\n').unwrap_or((entry, ""));
            match Kind::of_header(name) {
                Some(kind) => grants.extend(Grant::list(kind, value, place)),
                None if name.eq_ignore_ascii_case("access-control-allow-origin") => {
                    grants.extend(Grant::list(Kind::Origin, value, place));
                }
                None => {}
            }
        }
        grants
    }
}

fn joined(list: &List) -> String {
    let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    names.join(",")
}
