//! The annotations about CORS, with the controller's defaults.

use fancy_regex::Regex;

use crate::place::{Problem, SourceLocation, problem};
use crate::yaml::Node;

/// What is allowed where nothing is said.
const METHODS: &str = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const HEADERS: &str = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";
const MAX_AGE: &str = "1728000";

/// A value and its line.
pub(crate) type Placed = (String, SourceLocation);

/// CORS of an Ingress that has it enabled.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    /// Origins as the controller keeps them; none where all that were given are malformed.
    pub(crate) origins: Vec<String>,
    pub(crate) origins_place: SourceLocation,
    pub(crate) methods: Placed,
    pub(crate) headers: Placed,
    pub(crate) expose: Option<Placed>,
    pub(crate) credentials: Option<SourceLocation>,
    pub(crate) max_age: Placed,
    /// The line that enables it.
    pub(crate) place: SourceLocation,
}

impl Cors {
    /// Reads the annotations; `None` where CORS is not enabled. What the controller would ignore is
    /// reported, and taken as it takes it.
    pub(crate) fn read(annotations: Option<&Node>, problems: &mut Vec<Problem>) -> Option<Self> {
        let annotations = annotations?;
        for (name, place, _) in annotations.members() {
            let own = name.strip_prefix("nginx.ingress.kubernetes.io/");
            if let Some(own) = own.filter(|own| own.starts_with("cors-") && !KNOWN.contains(own)) {
                problem(
                    problems,
                    place,
                    format!("ingress-nginx knows no annotation `{own}`"),
                );
            }
        }
        let get = |name: &str| annotations.get(&format!("nginx.ingress.kubernetes.io/{name}"));
        let enabled = get("enable-cors")?;
        if !bool_of(enabled, "enable-cors", problems).unwrap_or(false) {
            return None;
        }
        let place = enabled.place.clone();
        let mut text = |name: &str, fits: fn(&str) -> bool, default: &str| -> Placed {
            let Some(node) = get(name) else {
                return (default.to_owned(), place.clone());
            };
            match node
                .text()
                .map(str::trim)
                .filter(|text| !text.is_empty() && fits(text))
            {
                Some(text) => (text.to_owned(), node.place.clone()),
                None => {
                    let reason = format!(
                        "`{name}`: the controller ignores this value and takes its default `{default}`"
                    );
                    problem(problems, &node.place, reason);
                    (default.to_owned(), node.place.clone())
                }
            }
        };
        let methods = text("cors-allow-methods", is_words, METHODS);
        let headers = text("cors-allow-headers", is_names, HEADERS);
        let expose = text("cors-expose-headers", is_names_or_star, "");
        let max_age = text("cors-max-age", |text| text.parse::<i64>().is_ok(), MAX_AGE);
        let (origins, origins_place) = origins(get("cors-allow-origin"), &place, problems);
        let credentials = match get("cors-allow-credentials") {
            None => Some(place.clone()),
            Some(node) => bool_of(node, "cors-allow-credentials", problems)
                .unwrap_or(true)
                .then(|| node.place.clone()),
        };
        Some(Self {
            origins,
            origins_place,
            methods,
            headers,
            expose: Some(expose).filter(|(names, _)| !names.is_empty()),
            credentials,
            max_age,
            place,
        })
    }
}

const KNOWN: [&str; 6] = [
    "cors-allow-origin",
    "cors-allow-methods",
    "cors-allow-headers",
    "cors-expose-headers",
    "cors-allow-credentials",
    "cors-max-age",
];

/// The values that Go's `strconv.ParseBool` takes, in a text: annotations hold nothing else.
fn bool_of(node: &Node, name: &str, problems: &mut Vec<Problem>) -> Option<bool> {
    if node.flag().is_some() {
        problem(
            problems,
            &node.place,
            format!(
                "`{name}` needs quotes: an annotation is a text, and Kubernetes refuses the Ingress"
            ),
        );
    }
    match node.text()? {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        other => {
            problem(
                problems,
                &node.place,
                format!("`{name}`: `{other}` is neither true nor false"),
            );
            None
        }
    }
}

/// What validation of annotations lets pass, blanks aside (`corsOriginRegexValidator`).
const ORIGINS: &str = r"^(?:(?:(?:[a-z]+://)?(?:\*\.)?[A-Za-z0-9\-.]*(?::[0-9]+)?,?|null)+|\*)$";

/// What is taken of a list that has passed (`corsOriginRegex`).
const ORIGIN: &str = r"^(?:[a-z]+://(?:\*\.)?[A-Za-z0-9\-.]*(?::[0-9]+)?|null)$";

fn is_match(expression: &str, text: &str) -> bool {
    Regex::new(expression).is_ok_and(|regex| regex.is_match(text).unwrap_or(false))
}

fn origins(
    node: Option<&Node>,
    enabled: &SourceLocation,
    problems: &mut Vec<Problem>,
) -> (Vec<String>, SourceLocation) {
    let everybody = vec!["*".to_owned()];
    let Some(node) = node else {
        return (everybody, enabled.clone());
    };
    let text = node.text().unwrap_or_default();
    let listed: Vec<&str> = text.split(',').map(str::trim).collect();
    let malformed =
        |origin: &&str| !origin.is_empty() && *origin != "*" && !is_match(ORIGIN, origin);
    if !is_match(ORIGINS, &text.replace(' ', "")) {
        let of_list: Vec<String> = listed
            .iter()
            .filter(|origin| malformed(origin))
            .map(|origin| format!("`{origin}`"))
            .collect();
        let cause = match of_list.as_slice() {
            [] => format!("`{text}` is not a list of origins"),
            origins => format!(
                "{} is not an origin that the controller takes",
                origins.join(", ")
            ),
        };
        let reason = format!(
            "`cors-allow-origin`: {cause}, so it ignores the whole value and allows `*`, everybody (validation of annotations, on by default since version 1.12; without it the controller leaves out what it does not take)"
        );
        problem(problems, &node.place, reason);
        return (everybody, node.place.clone());
    }
    if text.trim().is_empty() || listed.contains(&"*") {
        return (everybody, node.place.clone());
    }
    let mut origins = Vec::new();
    for origin in listed {
        if malformed(&origin) {
            let reason = format!(
                "`{origin}` is not an origin such as `https://app.example` or `https://*.example`: the controller leaves it out"
            );
            problem(problems, &node.place, reason);
        } else if !origin.is_empty() {
            origins.push(origin.to_owned());
        }
    }
    (origins, node.place.clone())
}

fn is_list(text: &str, of: impl Fn(u8) -> bool) -> bool {
    let mut words = text.split([',', ' ', '\t']);
    words.all(|word| word.bytes().all(&of))
}

fn is_words(text: &str) -> bool {
    is_list(text, |byte| byte.is_ascii_alphabetic())
}

fn is_names(text: &str) -> bool {
    is_list(text, |byte| {
        byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
    })
}

fn is_names_or_star(text: &str) -> bool {
    is_list(text, |byte| {
        byte.is_ascii_alphanumeric() || b"-_*".contains(&byte)
    })
}
