//! The tools: one for each question of the API, with the parameters that the API documents.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::api::segment;

/// A tool and the route that it asks.
#[derive(Debug)]
pub(super) struct ApiTool {
    /// What clients are shown.
    pub(super) tool: Tool,
    /// `/api/v1/incidents/{id}`.
    path: &'static str,
}

/// Name, title, route and what it is for.
type Question = (&'static str, &'static str, &'static str, &'static str);

/// In the order in which someone asks who looks into a failure.
const QUESTIONS: &[Question] = &[
    (
        "apps",
        "Apps",
        "/api/v1/apps",
        "Start here: the names that `app` of the other tools takes.",
    ),
    (
        "me",
        "The token",
        "/api/v1/me",
        "What the token of this server is granted: its role, and its apps.",
    ),
    (
        "incidents",
        "Incidents",
        "/api/v1/incidents",
        "What is or was broken, with impact, cause and suspected change.",
    ),
    (
        "incident",
        "One incident",
        "/api/v1/incidents/{id}",
        "Timeline, evidence, diagnosis, fix and runbook of one incident; `id` is from `incidents`.",
    ),
    (
        "alerts",
        "Alerts",
        "/api/v1/alerts",
        "The alerts behind incidents, firing and resolved.",
    ),
    (
        "slos",
        "Objectives",
        "/api/v1/slos",
        "How much error budget is left, and how fast it burns.",
    ),
    (
        "slis",
        "SLIs",
        "/api/v1/sli",
        "How many cross-origin requests browsers blocked in a window, with counts and uncertainty.",
    ),
    (
        "series",
        "SLIs over time",
        "/api/v1/series",
        "When it began and whether it goes on.",
    ),
    (
        "endpoints",
        "Failing endpoints",
        "/api/v1/endpoints",
        "Which requests fail most, at which stage and why.",
    ),
    (
        "diagnoses",
        "Diagnoses",
        "/api/v1/diagnoses",
        "Which CORS rule broke in which response, and the configuration that mends it.",
    ),
    (
        "difference",
        "Difference",
        "/api/v1/difference",
        "What failing requests have in common that passing ones have not: browser, release, origin and so on.",
    ),
    (
        "failures",
        "Single failures",
        "/api/v1/failures",
        "Single reports of browsers, as long as raw observations are kept.",
    ),
    (
        "failure",
        "One failure",
        "/api/v1/failures/{id}",
        "One report with its replay and the header history of its target; `id` is from `failures`.",
    ),
    (
        "breakdown",
        "Breakdown",
        "/api/v1/breakdown",
        "The SLIs of a window by one dimension.",
    ),
    (
        "comparison",
        "Comparison",
        "/api/v1/comparison",
        "A window against the one before it.",
    ),
    (
        "deploys",
        "Changes",
        "/api/v1/deploys",
        "Deploys, configuration changes and rollbacks of a window.",
    ),
    (
        "gate",
        "Verdict on a release",
        "/api/v1/gate",
        "Whether a release or deploy blocks more than its baseline.",
    ),
    (
        "preflights",
        "Cost of preflights",
        "/api/v1/preflights",
        "How many requests need a preflight, why, and what caching would save.",
    ),
    (
        "inventory",
        "Inventory",
        "/api/v1/inventory",
        "The CORS policies of what pages call, and what is wrong with them.",
    ),
    (
        "inventory_history",
        "Inventory over time",
        "/api/v1/inventory/history",
        "How many services let whom read, day by day.",
    ),
    (
        "silences",
        "Silences",
        "/api/v1/silences",
        "Which alerts are sent to no one now.",
    ),
    (
        "maintenance",
        "Maintenance windows",
        "/api/v1/maintenance",
        "Work that is or was announced.",
    ),
    (
        "deliveries",
        "Deliveries",
        "/api/v1/deliveries",
        "Whether notifications arrived at their receivers.",
    ),
    (
        "ledger",
        "Ledger",
        "/api/v1/ledger",
        "Whether the numbers are complete: where every beacon went. Needs a token for all apps.",
    ),
    (
        "report",
        "Report",
        "/api/v1/report",
        "A week or a month of one app.",
    ),
];

/// Choices of how an answer is written: tools answer with JSON alone.
const FORMAT: &str = "format";

/// Every tool, with the parameters of the API that this binary serves.
pub(super) fn all() -> anyhow::Result<Vec<ApiTool>> {
    let api: Value = serde_json::from_str(&dashboard::openapi())?;
    QUESTIONS
        .iter()
        .map(|question| tool(&api, question).with_context(|| question.2))
        .collect()
}

fn tool(api: &Value, &(name, title, path, purpose): &Question) -> anyhow::Result<ApiTool> {
    let operation = &api["paths"][path]["get"];
    ensure!(operation.is_object(), "no such route");
    let mut description = purpose.to_owned();
    for part in ["summary", "description"] {
        if let Some(text) = operation[part].as_str().filter(|text| !text.is_empty()) {
            description.push('\n');
            description.push_str(text);
        }
    }
    let annotations = ToolAnnotations::with_title(title)
        .read_only(true)
        .idempotent(true)
        .open_world(false);
    let schema = Arc::new(schema(operation)?);
    let tool = Tool::new(name, description, schema)
        .with_title(title)
        .with_annotations(annotations);
    Ok(ApiTool { tool, path })
}

/// The parameters of an operation as the JSON Schema of one object.
fn schema(operation: &Value) -> anyhow::Result<JsonObject> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().context("a name")?;
        if name == FORMAT {
            continue;
        }
        let mut property = parameter["schema"].clone();
        if let Some(text) = parameter["description"].as_str() {
            property["description"] = text.into();
        }
        if parameter["required"] == true {
            required.push(name.to_owned());
        }
        properties.insert(name.to_owned(), property);
    }
    let schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => Ok(schema),
        _ => Err(anyhow!("not an object")),
    }
}

/// Where an answer is asked for: path and parameters.
pub(super) type Request = (String, Vec<(String, String)>);

impl ApiTool {
    /// The request for `arguments`.
    ///
    /// # Errors
    /// What is wrong with the arguments and what to write, for whoever wrote them. What values a parameter
    /// may have the API says itself.
    pub(super) fn request(&self, arguments: &JsonObject) -> Result<Request, String> {
        let known = self.tool.input_schema["properties"].as_object();
        let known = known.cloned().unwrap_or_default();
        let (mut path, mut query) = (self.path.to_owned(), Vec::new());
        for (name, value) in arguments {
            if !known.contains_key(name) {
                let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(format!("`{name}` is not an argument; there are: {names}"));
            }
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                Value::Null => continue,
                Value::Array(_) | Value::Object(_) => {
                    return Err(format!("`{name}` takes one text or number"));
                }
            };
            let place = format!("{{{name}}}");
            if path.contains(&place) {
                path = path.replace(&place, &segment(&text).map_err(|error| error.to_string())?);
            } else {
                query.push((name.clone(), text));
            }
        }
        if path.contains('{') {
            return Err("`id` is missing".to_owned());
        }
        Ok((path, query))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is no question, or is asked in another way.
    const NOT_TOOLS: [&str; 3] = [
        // Never ends.
        "/api/v1/stream",
        // The input of `corswatch simulate` and `generate`: rows for programs.
        "/api/v1/shapes",
        // Whom something is shown, which is for admins to know.
        "/api/v1/partner-links",
    ];

    #[test]
    fn every_question_of_the_api_is_a_tool() {
        let api: Value = serde_json::from_str(&dashboard::openapi()).expect("JSON");
        let paths = api["paths"].as_object().expect("paths");
        let asked = paths
            .iter()
            .filter(|(path, item)| path.starts_with("/api/v1/") && item.get("get").is_some());
        let asked: BTreeSet<&str> = asked.map(|(path, _)| path.as_str()).collect();
        let tools = QUESTIONS.iter().map(|question| question.2);
        assert_eq!(tools.chain(NOT_TOOLS).collect::<BTreeSet<_>>(), asked);
    }

    #[test]
    fn arguments_become_a_request_or_a_sentence_that_says_what_to_write() {
        let tools = all().expect("tools");
        let ask = |name: &str, arguments: Value| {
            let tool = tools.iter().find(|one| one.tool.name == name);
            let arguments = arguments.as_object().expect("an object").clone();
            tool.expect("there").request(&arguments)
        };
        let query = vec![
            ("app".to_owned(), "shop".to_owned()),
            ("limit".to_owned(), "5".to_owned()),
        ];
        for (name, arguments, expected) in [
            (
                "endpoints",
                json!({"app": "shop", "limit": 5, "service": null}),
                Ok(("/api/v1/endpoints".to_owned(), query)),
            ),
            (
                "incident",
                json!({"id": "a/../b?x#y"}),
                Ok(("/api/v1/incidents/a%2F..%2Fb%3Fx%23y".to_owned(), vec![])),
            ),
            (
                "incident",
                json!({"id": ".."}),
                Err("`..` is not an identity; lists have them as `id`".to_owned()),
            ),
            ("incident", json!({}), Err("`id` is missing".to_owned())),
            (
                "incident",
                json!({"app": "shop"}),
                Err("`app` is not an argument; there are: id".to_owned()),
            ),
            (
                "slis",
                json!({"app": ["shop"]}),
                Err("`app` takes one text or number".to_owned()),
            ),
        ] {
            assert_eq!(ask(name, arguments.clone()), expected, "{name} {arguments}");
        }
        let format = ask("slis", json!({"app": "shop", "format": "csv"}));
        assert!(format.expect_err("JSON alone").contains("`format`"));
    }
}
