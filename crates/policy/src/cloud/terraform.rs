//! Terraform (and OpenTofu): settings of clouds in resources of its providers.
//!
//! What a variable has as its default, and what stands in `locals`, is put in; anything else is a value
//! that the file does not tell.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::{Element, StringTemplate};

use super::Platform;
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

/// Values lead to others, and blocks stand in others, no deeper.
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

/// The resources that are known, for people.
pub(crate) fn known() -> String {
    let names: Vec<&str> = RESOURCES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn platform_of(block: &Block) -> Option<Platform> {
    if block.ident.as_str() != "resource" {
        return None;
    }
    let kind = block.labels.first()?.as_str();
    let found = RESOURCES.iter().find(|(name, _)| *name == kind);
    found.map(|(_, platform)| *platform)
}

fn has_settings(body: &Body, left: usize) -> bool {
    body.blocks().any(|block| {
        let label = block.labels.first().map_or("", |label| label.as_str());
        BLOCKS.contains(&block.ident.as_str())
            || block.ident.as_str() == "dynamic" && BLOCKS.contains(&label)
            || left > 0 && has_settings(&block.body, left - 1)
    })
}

/// Whose settings a file has: those of the first resource with any.
pub(crate) fn platform(text: &str) -> Option<Platform> {
    let body: Body = text.parse().ok()?;
    let mut found = body
        .blocks()
        .filter_map(|block| Some((platform_of(block)?, block)));
    let (platform, _) = found.find(|(_, block)| has_settings(&block.body, DEPTH))?;
    Some(platform)
}

/// The resources of a platform, each as a tree.
pub(super) fn documents(
    platform: Platform,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let body: Body = match source.text.parse::<Body>() {
        Ok(body) => body,
        Err(error) => {
            let line = error.location().line();
            problem(problems, &source.place(line), error.message().to_owned());
            return Vec::new();
        }
    };
    let reader = Reader {
        source,
        body: &body,
    };
    let mut documents = Vec::new();
    for block in body.blocks() {
        match platform_of(block) {
            Some(own) if own == platform => documents.push(reader.body(&block.body, DEPTH)),
            Some(_) if has_settings(&block.body, DEPTH) => {
                let kind = block.labels.first().map_or("", |label| label.as_str());
                let reason = format!(
                    "`{kind}` is of another platform, and is left out: give it in a file of its own"
                );
                problem(problems, &reader.place(block.span()), reason);
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
    fn place(&self, span: Option<std::ops::Range<usize>>) -> SourceLocation {
        let before = span.and_then(|span| self.source.text.get(..span.start));
        self.source
            .place(before.map_or(1, |text| text.matches('\n').count() + 1))
    }

    /// A body as a map; several blocks of one name are a list.
    fn body(&self, body: &Body, left: usize) -> Node {
        let mut members: Vec<(String, SourceLocation, Node)> = Vec::new();
        for structure in body {
            let (name, node) = match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.as_str().to_owned();
                    (name, self.value(&attribute.value, left))
                }
                Structure::Block(block) if left > 0 => {
                    // `dynamic "name" { content { .. } }` is blocks of that name.
                    let label = block.labels.first().map_or("", |label| label.as_str());
                    let content = block.body.get_blocks("content").next();
                    let (name, inner) = match (block.ident.as_str(), content) {
                        ("dynamic", Some(content)) => (label, &content.body),
                        (name, _) => (name, &block.body),
                    };
                    let node = Node {
                        place: self.place(block.span()),
                        ..self.body(inner, left - 1)
                    };
                    (name.to_owned(), node)
                }
                Structure::Block(_) => continue,
            };
            match members.iter_mut().find(|(other, ..)| *other == name) {
                Some((.., before)) => match &mut before.value {
                    Value::List(list) => list.push(node),
                    _ => before.value = Value::List(vec![before.clone(), node]),
                },
                None => members.push((name, node.place.clone(), node)),
            }
        }
        Node {
            place: self.place(body.span()),
            value: Value::Map(members),
        }
    }

    fn value(&self, expression: &Expression, left: usize) -> Node {
        Node {
            place: self.place(expression.span()),
            value: self
                .known(expression, left)
                .unwrap_or_else(|| Value::Unresolved(expression.to_string().trim().to_owned())),
        }
    }

    /// The value of an expression, where the file tells it.
    fn known(&self, expression: &Expression, left: usize) -> Option<Value> {
        let left = left.checked_sub(1)?;
        Some(match expression {
            Expression::Null(_) => Value::List(Vec::new()),
            Expression::Bool(flag) => Value::Text(flag.to_string(), false),
            Expression::Number(number) => Value::Text(number.value().to_string(), false),
            Expression::String(text) => Value::Text(text.as_str().to_owned(), true),
            Expression::StringTemplate(template) => self.template(template, left)?,
            Expression::Array(list) => {
                Value::List(list.iter().map(|one| self.value(one, left)).collect())
            }
            Expression::Parenthesis(inner) => self.known(inner.inner(), left)?,
            Expression::FuncCall(call) => self.call(call, left)?,
            Expression::Traversal(traversal) => self.known(self.referred(traversal)?, left)?,
            _ => return None,
        })
    }

    fn template(&self, template: &StringTemplate, left: usize) -> Option<Value> {
        let mut text = String::new();
        for element in template {
            match element {
                Element::Literal(literal) => text.push_str(literal),
                Element::Interpolation(inner) => match self.known(&inner.expr, left)? {
                    Value::Text(value, _) => text.push_str(&value),
                    _ => return None,
                },
                Element::Directive(_) => return None,
            }
        }
        Some(Value::Text(text, true))
    }

    /// Functions that leave a list as it is, or put lists together.
    fn call(&self, call: &FuncCall, left: usize) -> Option<Value> {
        let mut args = call.args.iter();
        match call.name.name.as_str() {
            "toset" | "tolist" | "distinct" | "sort" | "compact" => self.known(args.next()?, left),
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
    fn referred(&self, traversal: &Traversal) -> Option<&Expression> {
        let Expression::Variable(kind) = &traversal.expr else {
            return None;
        };
        let [operator] = traversal.operators.as_slice() else {
            return None;
        };
        let TraversalOperator::GetAttr(name) = operator.value() else {
            return None;
        };
        let mut blocks = self.body.blocks();
        match kind.as_str() {
            "var" => {
                let is_it = |block: &&Block| {
                    block.ident.as_str() == "variable"
                        && block.labels.first().map(|label| label.as_str()) == Some(name.as_str())
                };
                let default = blocks.find(is_it)?.body.get_attribute("default")?;
                Some(&default.value)
            }
            "local" => blocks
                .filter(|block| block.ident.as_str() == "locals")
                .find_map(|block| block.body.get_attribute(name))
                .map(|found| &found.value),
            _ => None,
        }
    }
}
