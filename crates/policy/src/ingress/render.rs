//! The directives that the controller's template writes, each with the line of the annotation that
//! it comes from.

use super::Route;
use super::annotation::Cors;
use crate::nginx::Directive;
use crate::place::SourceLocation;
use crate::template::escape;

/// The server of a host.
pub(crate) fn server(host: &str, mut routes: Vec<Route>) -> Directive {
    let place = routes.first().map(|route| route.place.clone());
    let place = place.unwrap_or_else(|| SourceLocation {
        file: "".into(),
        line: 1,
    });
    // One regular expression on a host makes all its locations regular expressions, the longest
    // first.
    let all_regex = routes.iter().any(|route| route.is_regex);
    routes.sort_by(|a, b| (b.path.len(), &b.path).cmp(&(a.path.len(), &a.path)));
    // A `*` is one label (`buildServerName`).
    let name = match host.strip_prefix("*.") {
        Some(rest) => format!("~^(?<subdomain>[\\w-]+)\\.{}$", escape(rest)),
        None if host.is_empty() => "_".to_owned(),
        None => host.to_owned(),
    };
    let mut inside = vec![
        directive("server_name", &[&name], &place),
        directive("listen", &["80"], &place),
        directive("listen", &["443"], &place),
    ];
    if let Some(route) = routes.iter().find(|route| !route.server_snippet.is_empty()) {
        // The controller takes the first of a host.
        inside.extend(route.server_snippet.iter().cloned());
    }
    let taken: Vec<String> = routes
        .iter()
        .filter(|route| route.is_exact)
        .map(|route| route.path.clone())
        .collect();
    for route in &routes {
        for words in names(route, all_regex, &taken) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            inside.push(block("location", &words, location(route), &route.place));
        }
    }
    block("server", &[], inside, &place)
}

/// The names of a route's locations: a prefix stands for whole segments.
fn names(route: &Route, all_regex: bool, exact: &[String]) -> Vec<Vec<String>> {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let path = route.path.as_str();
    if all_regex {
        return vec![words(&["~*", &format!("^{path}")])];
    }
    if route.is_exact {
        return vec![words(&["=", path])];
    }
    if path == "/" {
        return vec![words(&[path])];
    }
    let bare = path.trim_end_matches('/');
    let mut names = vec![words(&[&format!("{bare}/")])];
    if !exact.iter().any(|other| other == bare) {
        names.push(words(&["=", bare]));
    }
    names
}

fn location(route: &Route) -> Vec<Directive> {
    let mut inside = Vec::new();
    for (name, place) in &route.unknown {
        inside.push(directive(&format!("annotation {name}"), &[], place));
    }
    if let Some(cors) = &route.cors {
        inside.extend(directives(cors));
    }
    inside.extend(route.snippet.iter().cloned());
    inside.push(directive(
        "proxy_pass",
        &["http://upstream_balancer"],
        &route.place,
    ));
    inside
}

fn directives(cors: &Cors) -> Vec<Directive> {
    let place = &cors.place;
    let mut all = Vec::new();
    if cors.origins == ["*"] {
        all.push(directive(
            "set",
            &["$http_origin", "*"],
            &cors.origins_place,
        ));
        all.push(directive("set", &["$cors", "true"], &cors.origins_place));
    } else if !cors.origins.is_empty() {
        let expressions: Vec<String> = cors
            .origins
            .iter()
            .map(|origin| expression(origin))
            .collect();
        let expression = format!("({})$", expressions.join("|"));
        let set = directive("set", &["$cors", "true"], &cors.origins_place);
        all.push(block(
            "if",
            &["($http_origin", "~*", &expression, ")"],
            vec![set],
            &cors.origins_place,
        ));
    }
    let set = directive("set", &["$cors", "${cors}options"], place);
    all.push(block(
        "if",
        &["($request_method", "=", "OPTIONS", ")"],
        vec![set],
        place,
    ));
    all.push(block(
        "if",
        &["($cors", "=", "true", ")"],
        headers(cors),
        place,
    ));
    let mut answer = headers(cors);
    answer.push(directive("return", &["204"], place));
    all.push(block(
        "if",
        &["($cors", "=", "trueoptions", ")"],
        answer,
        place,
    ));
    all
}

fn headers(cors: &Cors) -> Vec<Directive> {
    let header = |name: &str, value: &str, place: &SourceLocation| {
        directive(
            "more_set_headers",
            &[&format!("Access-Control-{name}: {value}")],
            place,
        )
    };
    let mut all = vec![header("Allow-Origin", "$http_origin", &cors.origins_place)];
    if let Some(place) = &cors.credentials {
        all.push(header("Allow-Credentials", "true", place));
    }
    all.push(header("Allow-Methods", &cors.methods.0, &cors.methods.1));
    all.push(header("Allow-Headers", &cors.headers.0, &cors.headers.1));
    if let Some((names, place)) = &cors.expose {
        all.push(header("Expose-Headers", names, place));
    }
    all.push(header("Max-Age", &cors.max_age.0, &cors.max_age.1));
    all
}

/// `buildOriginRegex`: the first `*` is one label.
fn expression(origin: &str) -> String {
    let escaped = escape(origin).replacen("\\*", "[A-Za-z0-9\\-]+", 1);
    format!("({escaped})")
}

fn directive(name: &str, args: &[&str], place: &SourceLocation) -> Directive {
    Directive {
        name: name.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        block: None,
        place: place.clone(),
    }
}

fn block(name: &str, args: &[&str], inside: Vec<Directive>, place: &SourceLocation) -> Directive {
    Directive {
        block: Some(inside),
        ..directive(name, args, place)
    }
}
