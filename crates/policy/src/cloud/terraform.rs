//! Terraform (and OpenTofu): settings of clouds in resources of its providers.
//!
//! What a variable has as its default, and what stands in `locals`, is put in; anything else is a value
//! that the file does not tell.

use super::Platform;
use super::hcl::{self, Block, Body, Expression, Kind, Part};
use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;
use crate::yaml::{Node, Value};

/// The resources that hold CORS settings.
const RESOURCES: [(&str, Platform); 14] = [
    ("aws_s3_bucket_cors_configuration", Platform::S3),
    ("aws_s3_bucket", Platform::S3),
    ("aws_apigatewayv2_api", Platform::ApiGateway),
    (
        "aws_cloudfront_response_headers_policy",
        Platform::CloudFront,
    ),
    ("google_storage_bucket", Platform::Google),
    ("azurerm_storage_account", Platform::AzureStorage),
    ("azurerm_linux_web_app", Platform::AzureAppService),
    ("azurerm_windows_web_app", Platform::AzureAppService),
    ("azurerm_linux_function_app", Platform::AzureAppService),
    ("azurerm_windows_function_app", Platform::AzureAppService),
    ("azurerm_linux_web_app_slot", Platform::AzureAppService),
    ("azurerm_windows_web_app_slot", Platform::AzureAppService),
    ("azurerm_app_service", Platform::AzureAppService),
    ("azurerm_function_app", Platform::AzureAppService),
];

/// The blocks of those resources that are CORS settings.
const BLOCKS: [&str; 4] = ["cors_rule", "cors_configuration", "cors_config", "cors"];

/// Values lead to others no further.
const DEPTH: usize = 16;

/// Whether a file is one of Terraform's.
pub(crate) fn is_terraform(text: &str) -> bool {
    let starts = |line: &str| {
        ["resource \"", "module \"", "variable \"", "provider \""]
            .iter()
            .any(|start| line.starts_with(start))
    };
    text.lines().any(starts)
}

/// Whether a text names a resource that is known: plans and states are JSON.
pub(crate) fn is_named(text: &str) -> bool {
    RESOURCES.iter().any(|(name, _)| text.contains(name))
}

/// The resources that are known, for people.
pub(crate) fn known() -> String {
    let names: Vec<&str> = RESOURCES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn platform_of(block: &Block) -> Option<Platform> {
    let kind = block.labels.first().filter(|_| block.kind == "resource")?;
    let found = RESOURCES.iter().find(|(name, _)| name == kind);
    found.map(|(_, platform)| *platform)
}

/// What a block is: `dynamic "name" { content { .. } }` is blocks of that name.
fn named(block: &Block) -> (&str, &Body) {
    match (block.labels.first(), block.body.of("content").next()) {
        (Some(name), Some(content)) if block.kind == "dynamic" => (name, &content.body),
        _ => (&block.kind, &block.body),
    }
}

fn has_settings(body: &Body) -> bool {
    body.blocks.iter().any(|block| {
        let (name, inner) = named(block);
        BLOCKS.contains(&name) || has_settings(inner)
    })
}

/// Whose settings a file has: those of the first resource with any.
pub(crate) fn platform(text: &str) -> Option<Platform> {
    let body = hcl::body(text).ok()?;
    let mut found = body
        .blocks
        .iter()
        .filter_map(|block| Some((platform_of(block)?, block)));
    let (platform, _) = found.find(|(_, block)| has_settings(&block.body))?;
    Some(platform)
}

/// The resources of a platform, each as a tree.
pub(super) fn documents(
    platform: Platform,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let body = match hcl::body(source.text) {
        Ok(body) => body,
        Err((line, reason)) => {
            problem(problems, &source.place(line), reason);
            return Vec::new();
        }
    };
    let reader = Reader {
        source,
        body: &body,
    };
    let mut documents = Vec::new();
    for block in &body.blocks {
        let place = source.place(block.line);
        match platform_of(block) {
            Some(own) if own == platform => documents.push(reader.body(&block.body, place)),
            Some(_) if has_settings(&block.body) => {
                let kind = block.labels.first().map_or("", String::as_str);
                let reason = format!(
                    "`{kind}` is of another platform, and is left out: give it in a file of its own"
                );
                problem(problems, &place, reason);
            }
            _ => {}
        }
    }
    documents
}

struct Reader<'a> {
    source: &'a Source<'a>,
    body: &'a Body,
}

impl Reader<'_> {
    /// A body as a map; several blocks of one name are a list.
    fn body(&self, body: &Body, place: SourceLocation) -> Node {
        let mut members: Vec<(String, SourceLocation, Node)> = Vec::new();
        for attribute in &body.attributes {
            let node = self.value(&attribute.value, DEPTH);
            members.push((attribute.name.clone(), node.place.clone(), node));
        }
        for block in &body.blocks {
            let (name, inner) = named(block);
            let node = self.body(inner, self.source.place(block.line));
            match members.iter_mut().find(|(other, ..)| other == name) {
                Some((.., before)) => match &mut before.value {
                    Value::List(list) => list.push(node),
                    _ => before.value = Value::List(vec![before.clone(), node]),
                },
                None => members.push((name.to_owned(), node.place.clone(), node)),
            }
        }
        Node {
            place,
            value: Value::Map(members),
        }
    }

    fn value(&self, expression: &Expression, left: usize) -> Node {
        let unresolved = || Value::Unresolved(written(expression));
        Node {
            place: self.source.place(expression.line),
            value: self.known(expression, left).unwrap_or_else(unresolved),
        }
    }

    /// The value of an expression, where the file tells it.
    fn known(&self, expression: &Expression, left: usize) -> Option<Value> {
        let left = left.checked_sub(1)?;
        match &expression.kind {
            Kind::Text(parts) => self.text(parts, left),
            Kind::List(list) => Some(Value::List(
                list.iter().map(|one| self.value(one, left)).collect(),
            )),
            Kind::Call(name, args) => self.call(name, args, left),
            Kind::Word(word) => match self.referred(word) {
                Some(found) => self.known(found, left),
                None if word == "null" => Some(Value::List(Vec::new())),
                None => {
                    let is_plain =
                        matches!(word.as_str(), "true" | "false") || word.parse::<f64>().is_ok();
                    is_plain.then(|| Value::Text(word.clone(), false))
                }
            },
            Kind::Other(_) => None,
        }
    }

    fn text(&self, parts: &[Part], left: usize) -> Option<Value> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Inserted(inner) => match self.known(inner, left)? {
                    Value::Text(value, _) => text.push_str(&value),
                    _ => return None,
                },
            }
        }
        Some(Value::Text(text, true))
    }

    /// Functions that leave a list as it is, or put lists together.
    fn call(&self, name: &str, args: &[Expression], left: usize) -> Option<Value> {
        match name {
            "toset" | "tolist" | "distinct" | "sort" | "compact" => self.known(args.first()?, left),
            "concat" => {
                let mut all = Vec::new();
                for arg in args {
                    match self.known(arg, left)? {
                        Value::List(list) => all.extend(list),
                        _ => return None,
                    }
                }
                Some(Value::List(all))
            }
            _ => None,
        }
    }

    /// The default of `var.name`, or what `local.name` is.
    fn referred(&self, word: &str) -> Option<&Expression> {
        let (kind, name) = word.split_once('.')?;
        match kind {
            "var" => {
                let mut variables = self.body.of("variable");
                let is_it = |block: &&Block| block.labels.first().is_some_and(|own| own == name);
                variables.find(is_it)?.body.get("default")
            }
            "local" => self
                .body
                .of("locals")
                .find_map(|block| block.body.get(name)),
            _ => None,
        }
    }
}

/// An expression for people.
fn written(expression: &Expression) -> String {
    match &expression.kind {
        Kind::Word(text) | Kind::Other(text) => text.clone(),
        Kind::List(_) => "[..]".to_owned(),
        Kind::Call(name, _) => format!("{name}(..)"),
        Kind::Text(parts) => {
            let part = |part: &Part| match part {
                Part::Literal(text) => text.clone(),
                Part::Inserted(inner) => format!("${{{}}}", written(inner)),
            };
            parts.iter().map(part).collect()
        }
    }
}
