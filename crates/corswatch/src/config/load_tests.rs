use schemars::JsonSchema;
use serde::Deserialize;
use settings::Span;

use super::*;

#[derive(Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Tree {
    edge: Edge,
    apps: Vec<App>,
}

#[derive(Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Edge {
    port: u16,
    idle: Option<Span>,
    salt: u8,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
struct App {
    name: String,
    #[serde(default)]
    quota: u32,
    #[serde(default)]
    hosts: Vec<String>,
}

fn problems(text: &str) -> Vec<String> {
    let read = read::<Tree>(
        text.parse().expect("TOML"),
        &Environment::default(),
        &Schema::of::<Tree>(),
    );
    read.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn every_problem_is_reported_in_one_run_with_path_and_value() {
    let found = problems(
        "colour = 1\n[edge]\nport = 70000\nidle = \"5\"\nsalt = \"hush\"\n\
         [[apps]]\nname = 3\n[[apps]]\nquota = 1\n[[apps]]\nname = \"shop\"\nquota = -1\n",
    );
    for expected in [
        "colour = 1: unknown field",
        "edge.port = 70000",
        "edge.idle = \"5\"",
        "edge.salt = [redacted]",
        "apps[0].name = 3",
        "apps[1].name = missing: missing field `name`",
        "apps[2].quota = -1",
    ] {
        assert!(
            found.iter().any(|line| line.starts_with(expected)),
            "{expected}: {found:#?}"
        );
    }
    assert_eq!(found.len(), 7, "and nothing twice: {found:#?}");
}

#[test]
fn a_name_that_is_not_known_says_what_was_probably_meant_and_shows_no_text() {
    for (text, expected) in [
        (
            "[edge]\nprot = 1",
            "edge.prot = 1: unknown field; did you mean `port = ..`?",
        ),
        (
            "[[apps]]\nname = \"a\"\nhost = \"hush\"",
            "apps[0].host = \"..\": unknown field; did you mean `hosts = [..]`?",
        ),
        (
            "[app]\nname = \"a\"",
            "app = {..}: unknown field; did you mean `[[apps]]`?",
        ),
        (
            "[edgy]\nport = 1",
            "edgy = {..}: unknown field; did you mean `[edge]`?",
        ),
        (
            "[edge]\npassphrase = \"hush\"",
            "edge.passphrase = \"..\": unknown field; there are `port`, `idle`, `salt`",
        ),
        (
            "[[apps]]\nname = \"a\"\nhosts = \"b\"",
            "apps[0].hosts = \"b\": a list is expected: write `hosts = [\"b\"]`",
        ),
    ] {
        assert_eq!(problems(text), [expected]);
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let mut tree: Table = "[edge]\nport = 1\n".parse().expect("TOML");
    let variables = [
        ("CORSWATCH__EDGE__PORT", "2"),
        ("CORSWATCH__EDGE__IDLE", "5s"),
        ("CORSWATCH__APPS__0__NAME", "x"),
        ("HOME", "/"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (environment, problems) = override_with(&mut tree, variables);
    assert!(problems.is_empty());
    tree.remove("apps");
    let Reading {
        value, problems, ..
    } = read::<Tree>(tree, &environment, &Schema::of::<Tree>());
    assert!(problems.is_empty(), "{problems:?}");
    let edge = Edge {
        port: 2,
        idle: Some(Span::secs(5)),
        salt: 0,
    };
    assert_eq!(value.expect("readable").edge, edge);
}

#[test]
fn what_the_environment_says_is_never_shown() {
    for (name, value) in [
        ("EDGE__PORTT", "4711"),
        ("EDGE__PORT", "hush"),
        ("EDGE__IDLE", "hush"),
        ("EDGE__X", "[\"hush\"]"),
    ] {
        let mut tree = Table::new();
        let variable = (format!("{PREFIX}{name}"), value.to_owned());
        let (environment, _) = override_with(&mut tree, [variable]);
        let read = read::<Tree>(tree, &environment, &Schema::of::<Tree>());
        let text = read.problems[0].to_string();
        assert!(text.contains("= (from the environment): "), "{text}");
        assert!(!text.contains("hush") && !text.contains("4711"), "{text}");
    }
}

#[test]
fn a_variable_below_a_value_is_a_problem() {
    let mut tree: Table = "[edge]\nport = 1\n".parse().expect("TOML");
    let variable = ("CORSWATCH__EDGE__PORT__X".to_owned(), "1".to_owned());
    assert_eq!(override_with(&mut tree, [variable]).1.len(), 1);
}
