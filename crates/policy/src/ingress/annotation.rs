//! The annotations about CORS, with the controller's defaults.

use crate::place::{Place, Problem, problem};
use crate::yaml::Node;

/// What is allowed where nothing is said.
const METHODS: &str = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const HEADERS: &str = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";
const MAX_AGE: &str = "1728000";

/// A value and its line.
pub(crate) type Placed = (String, Place);

/// CORS of an Ingress that has it enabled.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    /// Origins as the controller keeps them; none where all that were given are malformed.
    pub(crate) origins: Vec<String>,
    pub(crate) origins_place: Place,
    pub(crate) methods: Placed,
    pub(crate) headers: Placed,
    pub(crate) expose: Option<Placed>,
    pub(crate) credentials: Option<Place>,
    pub(crate) max_age: Placed,
    /// The line that enables it.
    pub(crate) place: Place,
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

fn origins(
    node: Option<&Node>,
    enabled: &Place,
    problems: &mut Vec<Problem>,
) -> (Vec<String>, Place) {
    let Some(node) = node else {
        return (vec!["*".to_owned()], enabled.clone());
    };
    let mut origins = Vec::new();
    for origin in node.text().unwrap_or_default().split(',').map(str::trim) {
        if origin == "*" {
            return (vec!["*".to_owned()], node.place.clone());
        }
        if is_origin(origin) {
            origins.push(origin.to_owned());
        } else {
            let reason = format!(
                "`{origin}` is not an origin such as `https://app.example` or `https://*.example`: the controller leaves it out"
            );
            problem(problems, &node.place, reason);
        }
    }
    (origins, node.place.clone())
}

/// `corsOriginRegex` of the controller.
fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.is_empty();
    };
    let rest = rest.strip_prefix("*.").unwrap_or(rest);
    let (host, port) = rest.split_once(':').unwrap_or((rest, "0"));
    matches!(scheme, "http" | "https")
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
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
