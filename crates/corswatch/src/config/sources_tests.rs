use serde_json::Value as Json;

use super::super::Config;
use super::super::load::read;
use super::*;

#[test]
fn the_place_is_the_line_of_the_setting_or_of_what_it_is_missing_in() {
    let text = "data = \"x\"\n\n[collector.limits]\nbody = 1\n\n[[apps]]\nname = \"a\"\n\n[[apps]]\n\
                keys = [\n  \"one\",\n  \"two\",\n]\nsdk = { probes = \"x\" }\n\n[[apps.log_keys]]\nkey = \"x\"\n";
    for (path, expected) in [
        ("data", Some(1)),
        ("collector.limits.body", Some(4)),
        ("collector.limits.gone", Some(3)),
        ("apps[0].name", Some(7)),
        ("apps[0].keys", Some(6)),
        ("apps[1].name", Some(9)),
        ("apps[1].keys[1]", Some(12)),
        ("apps[1].sdk.probes", Some(14)),
        ("apps[1].log_keys[0].key", Some(17)),
        ("store.url", None),
    ] {
        assert_eq!(line(text, &parts(path)), expected, "{path}");
    }
}

/// Paths of all settings, with `[0]` for the entry of a list of tables.
fn settings(schema: &Schema, of: &Json, path: &Path, found: &mut Vec<Path>) {
    let of = schema.resolved(of);
    let members = of.get("properties").and_then(Json::as_object);
    for (name, member) in members.into_iter().flatten() {
        let mut path = [&path[..], std::slice::from_ref(name)].concat();
        found.push(path.clone());
        let member = schema.resolved(member);
        let entry = member.get("items").map(|items| schema.resolved(items));
        match entry {
            Some(entry) if entry.get("properties").is_some() => {
                path.push("[0]".to_owned());
                settings(schema, entry, &path, found);
            }
            _ => settings(schema, member, &path, found),
        }
    }
}

/// `value` at `path`, with the tables and lists that it takes.
fn with(path: &[String], value: Value) -> Value {
    path.iter().rev().fold(value, |value, part| {
        if part.starts_with('[') {
            return Value::Array(vec![value]);
        }
        Value::Table(Table::from_iter([(part.clone(), value)]))
    })
}

/// What people are told of a configuration that sets only `value` at `path`.
fn located(path: &[String], value: Value, schema: &Schema) -> Vec<String> {
    let Value::Table(tree) = with(path, value) else {
        panic!("{path:?}")
    };
    let text = tree.to_string();
    let environment = Environment::default();
    let reading = read::<Config>(tree.clone(), &environment, schema);
    let mut problems = reading.problems;
    if let Some(config) = &reading.value {
        let mut found = Vec::new();
        config.problems(&mut found);
        problems.extend(reading.dropped.own(found));
    }
    let sources = Sources {
        text: Some(&text),
        environment: &environment,
        tree: &tree,
        schema,
    };
    let located = problems.into_iter().map(|problem| sources.located(problem));
    located.map(|problem| problem.to_string()).collect()
}

/// Terms of the libraries that read values.
const TERMS: [&str; 12] = [
    "invalid type",
    "invalid value",
    "unit variant",
    "unknown variant",
    "untagged",
    "parse",
    "sequence",
    "syntax",
    "Invalid",
    "struct",
    "relative URL",
    "elements",
];

#[test]
fn whatever_stands_at_any_setting_is_refused_with_a_line_to_write_or_is_permitted() {
    let schema = Schema::of::<Config>();
    let mut all = Vec::new();
    settings(&schema, schema.root(), &Path::new(), &mut all);
    assert!(all.len() > 250, "{}", all.len());
    let values = "v = [-1, 0, 1.5, 99999999999, true, [], [7], [\"!\"], {}, { x = 1 }, \"\", \"!\", \"12\", \"12s\", 2020-01-01]";
    let values: Table = values.parse().expect("TOML");
    let values = values["v"].as_array().expect("a list");
    let mut wrong = Vec::new();
    for (path, value) in all
        .iter()
        .flat_map(|path| values.iter().map(move |v| (path, v)))
    {
        let own = dropped::text(path);
        let said = located(path, value.clone(), &schema);
        let about = |line: &&String| line.contains(&format!("{own} = "));
        for line in said.iter().filter(about) {
            let says_it = ["write", "set `", "add one", "did you mean"];
            let is_plain = !TERMS.iter().any(|term| line.contains(term));
            let has_place = line.starts_with("line ");
            if !(is_plain && has_place && says_it.iter().any(|words| line.contains(words))) {
                wrong.push(line.clone());
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
