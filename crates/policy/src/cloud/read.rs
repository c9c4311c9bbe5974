//! Finds rules wherever they stand in JSON, YAML or XML: the answers of command lines, templates,
//! descriptions of APIs.

use super::{List, Platform, Rule, Rules, terraform, xml};
use crate::doubt::Doubt;
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{self, Node, Value};

pub(crate) fn read(platform: Platform, source: &Source<'_>, problems: &mut Vec<Problem>) -> Rules {
    let documents: Vec<Node> = if source.text.trim_start().starts_with('<') {
        xml::document(source, problems).into_iter().collect()
    } else if terraform::is_terraform(source.text) {
        terraform::documents(platform, source, problems)
    } else {
        yaml::documents(source, problems)
    };
    let mut rules = Vec::new();
    for document in &documents {
        search(platform, document, &mut rules, problems);
    }
    if rules.is_empty() && problems.is_empty() {
        let reason = format!("there is no rule in the file: it has {}", mark(platform));
        problem(problems, &source.place(1), reason);
    }
    Rules { platform, rules }
}

/// The member that a rule of the platform has.
const fn mark(platform: Platform) -> &'static str {
    match platform {
        Platform::S3 | Platform::AzureStorage | Platform::AzureAppService => "AllowedOrigins",
        Platform::Google => "origin",
        Platform::ApiGateway => "AllowOrigins",
        Platform::CloudFront => "AccessControlAllowOrigins",
    }
}

/// The member in any of its spellings: Terraform has words with `_`.
fn of<'a>(node: &'a Node, names: &[&str]) -> Option<&'a Node> {
    let is_it = |member: &str, name: &str| {
        let mut letters = member.chars().filter(|letter| *letter != '_');
        let mut own = name.chars();
        loop {
            match (letters.next(), own.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.eq_ignore_ascii_case(&b) => {}
                _ => return false,
            }
        }
    };
    names.iter().find_map(|name| {
        let mut members = node.members().iter();
        members
            .find(|(member, ..)| is_it(member, name))
            .map(|(.., found)| found)
    })
}

/// The first value of a rule that the file does not tell.
fn unresolved(node: &Node) -> Option<Doubt> {
    match &node.value {
        Value::Unresolved(text) => {
            let reason = format!("the file does not tell what `{text}` is");
            Some(Doubt::at(reason, &node.place))
        }
        Value::List(list) => list.iter().find_map(unresolved),
        Value::Map(members) => members.iter().find_map(|(.., inner)| unresolved(inner)),
        Value::Text(..) | Value::Alias => None,
    }
}

fn origins_of(platform: Platform, node: &Node) -> Option<&Node> {
    let found = match platform {
        // XML has one element for each.
        Platform::S3 => of(node, &["AllowedOrigins", "AllowedOrigin"]),
        Platform::Google => of(node, &["origin", "Origins"]),
        // `provider.httpApi.cors` of the Serverless Framework.
        Platform::ApiGateway => of(node, &["AllowOrigins", "AllowedOrigins"]),
        // `Host.CORS` of `local.settings.json`: a text with commas.
        Platform::AzureAppService => of(node, &["AllowedOrigins"])
            .or_else(|| of(node, &["CORS"]).filter(|found| found.text().is_some())),
        platform => of(node, &[mark(platform)]),
    };
    found.filter(|found| !matches!(found.value, Value::Alias))
}

fn search(platform: Platform, node: &Node, rules: &mut Vec<Rule>, problems: &mut Vec<Problem>) {
    if let Some(origins) = origins_of(platform, node) {
        let rule = rule(platform, node, origins, problems);
        rules.push(rule);
        return;
    }
    match &node.value {
        Value::List(list) => {
            for inner in list {
                search(platform, inner, rules, problems);
            }
        }
        Value::Map(members) => {
            for (.., inner) in members {
                search(platform, inner, rules, problems);
            }
        }
        Value::Text(..) | Value::Alias | Value::Unresolved(_) => {}
    }
}

/// The texts of a list, also of one in `Items` or in elements of their own.
fn texts(node: &Node) -> List {
    match of(node, &["Items", "Origin", "Method", "ResponseHeader"]) {
        Some(inner) if !node.members().is_empty() => texts(inner),
        _ => node.texts(),
    }
}

/// The same, with the line of the first for all.
fn listed(node: Option<&Node>) -> List {
    let mut list = node.map(texts).unwrap_or_default();
    if let Some((_, place)) = list.first().cloned() {
        list.iter_mut().for_each(|(_, own)| *own = place.clone());
    }
    list
}

fn rule(platform: Platform, node: &Node, origins: &Node, problems: &mut Vec<Problem>) -> Rule {
    let is_on = |node: &Node| {
        node.text()
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    };
    let credentials = of(
        node,
        &[
            "AllowCredentials",
            "supportCredentials",
            "CORSCredentials",
            "AccessControlAllowCredentials",
        ],
    );
    let max_age = of(
        node,
        &[
            "MaxAgeSeconds",
            "MaxAgeInSeconds",
            "MaxAge",
            "MaxAgeSec",
            "AccessControlMaxAgeSec",
        ],
    );
    let rule = Rule {
        origins: texts(origins),
        methods: listed(of(
            node,
            &[
                "AllowedMethods",
                "AllowedMethod",
                "AllowMethods",
                "AccessControlAllowMethods",
                "method",
                "Methods",
            ],
        )),
        headers: listed(of(
            node,
            &[
                "AllowedHeaders",
                "AllowedHeader",
                "AllowHeaders",
                "AccessControlAllowHeaders",
                "responseHeader",
                "ResponseHeaders",
            ],
        )),
        expose: listed(of(
            node,
            &[
                "ExposeHeaders",
                "ExposeHeader",
                "ExposedHeaders",
                "ExposedResponseHeaders",
                "AccessControlExposeHeaders",
            ],
        )),
        max_age: max_age.and_then(|found| Some((found.text()?.to_owned(), found.place.clone()))),
        credentials: credentials
            .filter(|found| is_on(found))
            .map(|found| found.place.clone()),
        overrides: platform != Platform::CloudFront
            || of(node, &["OriginOverride"]).is_none_or(is_on),
        open: unresolved(node),
        place: node.place.clone(),
    };
    report(platform, &rule, problems);
    rule
}

/// What the platform would refuse.
fn report(platform: Platform, rule: &Rule, problems: &mut Vec<Problem>) {
    let mut wrong = |place: &SourceLocation, reason: String| problem(problems, place, reason);
    if matches!(platform, Platform::S3 | Platform::CloudFront) {
        for (text, place) in rule.origins.iter().chain(&rule.headers) {
            if text.matches('*').count() > 1 {
                wrong(place, format!("`{text}` has more than one `*`"));
            }
        }
    }
    if platform == Platform::S3 {
        for (method, place) in &rule.methods {
            if !matches!(method.as_str(), "GET" | "PUT" | "POST" | "DELETE" | "HEAD") {
                wrong(
                    place,
                    format!(
                        "S3 knows no method `{method}` in a rule: GET, PUT, POST, DELETE, HEAD"
                    ),
                );
            }
        }
    }
    let is_open = rule.origins.iter().find(|(origin, _)| origin == "*");
    if let (Some((_, place)), Some(_)) = (is_open, &rule.credentials)
        && matches!(
            platform,
            Platform::ApiGateway | Platform::AzureAppService | Platform::CloudFront
        )
    {
        wrong(
            place,
            "`*` does not go with credentials: the platform refuses the two together".to_owned(),
        );
    }
    if platform == Platform::AzureAppService {
        for (origin, place) in &rule.origins {
            if origin != "*" && origin.contains('*') {
                wrong(
                    place,
                    format!(
                        "`{origin}`: App Service compares whole origins, `*` stands for nothing in them"
                    ),
                );
            }
        }
    }
}
