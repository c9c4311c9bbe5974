//! The description of the API is what the API does.

mod setting;

use std::sync::Arc;

use serde_json::{Value, json};
use setting::{Fake, Mood, get, post, well};

#[tokio::test]
async fn every_documented_answer_is_of_its_documented_shape() {
    let router = well();
    post(
        &router,
        "/api/v1/deploys",
        &json!({"id": "d1", "app": "shop"}),
    )
    .await;
    let api = get(&router, "/openapi.json").await.json();
    assert!(
        api["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        api["openapi"]
    );
    for (path, question) in [
        ("/api/v1/sli", "?app=shop"),
        ("/api/v1/series", "?app=shop&window=5m"),
        ("/api/v1/endpoints", "?app=shop"),
        ("/api/v1/diagnoses", "?app=shop&platform=nginx"),
        ("/api/v1/shapes", "?app=shop&window=7d"),
        ("/api/v1/breakdown", "?app=shop&by=release"),
        ("/api/v1/difference", "?app=shop"),
        ("/api/v1/comparison", "?app=shop&window=7d"),
        ("/api/v1/preflights", "?app=shop"),
        ("/api/v1/failures", "?app=shop&limit=2"),
        ("/api/v1/inventory", ""),
        ("/api/v1/inventory/history", ""),
        ("/api/v1/ledger", ""),
        ("/api/v1/alerts", ""),
        ("/api/v1/incidents", ""),
        ("/api/v1/slos", ""),
        ("/api/v1/report", "?app=shop&period=month"),
        ("/api/v1/apps", ""),
        ("/api/v1/deploys", "?app=shop"),
        ("/readyz", ""),
    ] {
        let schema =
            &api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let body = get(&router, &format!("{path}{question}")).await.json();
        let wrong = misfits(&api, schema, &body, path);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    let problem = get(&router, "/api/v1/sli").await.json();
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    let wrong = misfits(&api, &schema, &problem, "problem");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_documented_parameters_are_exactly_those_that_are_permitted() {
    let router = well();
    let api = get(&router, "/openapi.json").await.json();
    for (path, operations) in api["paths"].as_object().unwrap() {
        let documented = operations["get"]["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let documented: Vec<_> = documented
            .iter()
            .filter(|it| it["in"] == "query")
            .map(|it| it["name"].as_str().unwrap().to_owned())
            // Where rows may be CSV that is read before the route sees the question.
            .filter(|name| name != "format" || path == "/api/v1/report")
            .collect();
        if !path.starts_with("/api/") || operations.get("get").is_none() {
            continue;
        }
        let problem = get(&router, &format!("{path}?nonsense=1")).await.json();
        let said = problem["errors"][0]["permitted"].as_str().unwrap();
        let permitted = said
            .strip_prefix("one of the parameters ")
            .unwrap_or_default();
        assert!(
            permitted == documented.join(", ") || documented.is_empty(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_operation_has_an_id_of_its_own() {
    let api = get(&well(), "/openapi.json").await.json();
    let operations = api["paths"].as_object().unwrap().values();
    let ids: Vec<&str> = operations
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().expect("an id"))
        .collect();
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    assert!(ids.contains(&"get_inventory_history"), "{ids:?}");
}

#[tokio::test]
async fn every_route_of_the_metrics_is_described_and_the_other_way_round() {
    let router = well();
    let metrics = get(&router, "/metrics").await.text;
    let api = get(&router, "/openapi.json").await.json();
    let described = api["paths"].as_object().unwrap();
    assert_eq!(described.len(), 44, "{:?}", described.keys());
    for path in described.keys() {
        assert!(metrics.contains(&format!("route=\"{path}\"")), "{path}");
        let status = get(&router, path).await.status;
        // One of several things may not be there, nor an identity provider.
        let is_optional = path.contains('{') || path.starts_with("/auth/");
        assert!(
            status != http::StatusCode::NOT_FOUND || is_optional,
            "{path}"
        );
    }
}

/// Where `value` is not what `schema` says: missing, unknown or mistyped members. Understands what
/// the generator writes, and nothing is let through that it does not understand.
fn misfits(api: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(target) = schema["$ref"].as_str() {
        let target = api.pointer(target.trim_start_matches('#')).expect(target);
        return misfits(api, target, value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = |choice: &&Value| misfits(api, choice, value, at).is_empty();
        return if choices.iter().any(|choice| fits(&choice)) {
            vec![]
        } else {
            vec![format!("{at}: none of oneOf fits {value}")]
        };
    }
    if let Value::Object(members) = value {
        return object_misfits(api, schema, members, at);
    }
    if let Value::Array(items) = value {
        let each = items.iter().enumerate();
        return each
            .flat_map(|(i, item)| misfits(api, &schema["items"], item, &format!("{at}[{i}]")))
            .collect();
    }
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return vec![format!("{at}: no type in {schema}")],
    };
    let fits = match value {
        Value::Null => kinds.contains(&"null"),
        Value::Bool(_) => kinds.contains(&"boolean"),
        Value::String(_) => kinds.contains(&"string"),
        Value::Number(n) => {
            kinds.contains(&"number") || (kinds.contains(&"integer") && !n.is_f64())
        }
        Value::Array(_) | Value::Object(_) => false,
    };
    if fits {
        vec![]
    } else {
        vec![format!("{at}: {value} is none of {kinds:?}")]
    }
}

fn object_misfits(
    api: &Value,
    schema: &Value,
    members: &serde_json::Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let (mut known, mut required) = (serde_json::Map::new(), Vec::new());
    flatten(api, schema, &mut known, &mut required);
    let missing = required.iter().filter(|name| !members.contains_key(*name));
    let mut wrong: Vec<String> = missing
        .map(|name| format!("{at}.{name} is missing"))
        .collect();
    for (name, value) in members {
        let at = format!("{at}.{name}");
        match (known.get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => {
                wrong.extend(misfits(api, schema, value, &at))
            }
            // A free object, as `details` of an alert is.
            (None, None) if known.is_empty() => {}
            (None, None) => wrong.push(format!("{at} is not documented")),
        }
    }
    wrong
}

/// The members of a schema and of all that it is composed of.
fn flatten(
    api: &Value,
    schema: &Value,
    known: &mut serde_json::Map<String, Value>,
    required: &mut Vec<String>,
) {
    if let Some(target) = schema["$ref"].as_str() {
        flatten(
            api,
            api.pointer(target.trim_start_matches('#')).expect(target),
            known,
            required,
        );
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        flatten(api, part, known, required);
    }
    if let Some(properties) = schema["properties"].as_object() {
        known.extend(properties.clone());
    }
    let names = schema["required"].as_array().into_iter().flatten();
    required.extend(names.filter_map(Value::as_str).map(str::to_owned));
}

/// Asks every route with every question of `questions` and compares status and media type of the answer
/// with what is documented.
async fn undocumented(router: &axum::Router, questions: &[&str]) -> Vec<String> {
    let api = get(router, "/openapi.json").await.json();
    let mut wrong = Vec::new();
    for (path, operations) in api["paths"].as_object().expect("paths") {
        if operations.get("get").is_none() {
            continue;
        }
        // The stream does not end.
        let asked = path.replace("{id}", "29892240.BwcHBwcHBwcHBwcH.0");
        for question in questions {
            let refused_or_short = path != "/api/v1/stream" || !question.contains("app=shop");
            if !refused_or_short {
                continue;
            }
            let answer = get(router, &format!("{asked}{question}")).await;
            let status = answer.status.as_str();
            let documented = &operations["get"]["responses"][status]["content"];
            let given = answer.headers["content-type"].to_str().expect("a text");
            let essence = given.split(';').next().expect("a type");
            if documented.get(essence).is_none() {
                wrong.push(format!("{path}{question}: {status} {essence}"));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn every_answer_has_a_documented_status_and_media_type() {
    let questions = [
        "",
        "?app=shop",
        "?app=nobody",
        "?app=shop&window=0m",
        "?app=shop&limit=0",
        "?app=shop&from=yesterday&window=1h",
        "?app=shop&source=%00",
        "?app=shop&app=shop",
    ];
    let found = undocumented(&well(), &questions).await;
    assert_eq!(found, Vec::<String>::new());
    for mood in [Mood::Unavailable, Mood::TooMuch] {
        let fake = Arc::new(Fake {
            mood,
            ..Fake::default()
        });
        let router = setting::router_of(&fake, dashboard::Config::default());
        let found = undocumented(&router, &["?app=shop", ""]).await;
        assert_eq!(found, Vec::<String>::new(), "{mood:?}");
    }
}

#[tokio::test]
async fn what_a_parameter_permits_is_documented_as_it_is_checked() {
    let router = well();
    let api = get(&router, "/openapi.json").await.json();
    for (path, operations) in api["paths"].as_object().unwrap() {
        for parameter in operations["get"]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let (name, schema) = (&parameter["name"], &parameter["schema"]);
            let is_text =
                parameter["in"] == "query" && schema["type"].to_string().contains("string");
            let bounded = ["enum", "maxLength", "pattern", "format"]
                .iter()
                .any(|word| schema.get(word).is_some());
            assert!(!is_text || bounded, "{path} {name}: any text is permitted");
            if name == "limit" {
                assert_eq!(
                    (&schema["minimum"], &schema["maximum"]),
                    (&json!(1), &json!(500))
                );
            }
        }
    }
}
