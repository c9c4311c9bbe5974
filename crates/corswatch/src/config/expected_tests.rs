use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::load::{Environment, read};
use super::*;

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Tree {
    listen: Option<std::net::SocketAddr>,
    name: String,
    port: u16,
    share: f64,
    keys: Vec<String>,
    on: bool,
    idle: settings::Span,
    body: settings::Size,
    level: Level,
    proxies: Vec<std::net::IpAddr>,
    rules: Vec<Rule>,
    form: Option<Form>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            listen: None,
            name: String::new(),
            port: 0,
            share: 0.5,
            keys: Vec::new(),
            on: false,
            idle: settings::Span::secs(0),
            body: settings::Size::kib(1),
            level: Level::Low,
            proxies: Vec::new(),
            rules: Vec::new(),
            form: None,
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Low,
    High,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    origin: String,
    path: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Form {
    Single,
    Replicated { cluster: String },
}

/// What is written, and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    (
        "listen = \"localhost:80\"",
        "an IP address and a port are expected: write `listen = \"127.0.0.1:80\"`",
    ),
    ("listen = \"7780\"", "write `listen = \"127.0.0.1:7780\"`"),
    (
        "name = 14",
        "a text is expected: write `name = \"14\"`, in quotes",
    ),
    (
        "port = \"8080\"",
        "a whole number is expected: write `port = 8080`, without quotes",
    ),
    (
        "port = \"10/s\"",
        "a whole number is expected, without quotes and unit: write `port = 0`",
    ),
    (
        "share = \"99.9%\"",
        "a number is expected, without quotes and unit",
    ),
    (
        "keys = \"hush\"",
        "keys = [redacted]: a list is expected: write `keys = [..]`",
    ),
    ("port = -1", "port = -1: permitted: 0 to 65535"),
    ("port = 70000", "port = 70000: permitted: 0 to 65535"),
    (
        "idle = 15",
        "idle = 15: a span of time is expected, a number with its unit (\"250ms\", \"15s\", \"5m\", \"30d\"): write `idle = \"15s\"`",
    ),
    ("idle = \"15\"", "write `idle = \"15s\"`"),
    ("idle = \"soon\"", "write `idle = \"0s\"`"),
    (
        "body = 131072",
        "a size is expected, a number with its unit (\"128KiB\", \"8GiB\"): write `body = \"128KiB\"`",
    ),
    (
        "level = \"hihg\"",
        "permitted are \"low\", \"high\": write `level = \"high\"`",
    ),
    (
        "level = 3",
        "permitted are \"low\", \"high\": write `level = \"low\"`",
    ),
    (
        "proxies = [\"10.0.0.0/8\"]",
        "one IP address is expected, without name, port or block",
    ),
    (
        "rules = [{ origin = 1 }]",
        "rules[0].origin = 1: a text is expected: write `origin = \"1\"`, in quotes",
    ),
    (
        "on = \"yes\"",
        "true or false is expected: write `on = true` or `on = false`",
    ),
    (
        "rules = [\"https://api.test\"]",
        "a table is expected: write `{ origin = .., path = .. }`",
    ),
    (
        "form = \"single\"",
        "a table is expected: write `form = { kind = \"single\" }` or `{ kind = \"replicated\", cluster = .. }`",
    ),
];

#[test]
fn a_value_of_another_kind_says_what_to_write_in_words_of_the_file() {
    for (text, expected) in MISTAKES {
        let read = read::<Tree>(
            text.parse().expect("TOML"),
            &Environment::default(),
            &Schema::of::<Tree>(),
        );
        let found: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{text}: {found:?}"
        );
    }
}
