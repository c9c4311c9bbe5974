//! Which alerts are meant: patterns of their labels, as routes and silences have them.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Labels in one match at most.
const MAX_LABELS: usize = 16;
/// Bytes of a text or a regular expression.
const MAX_TEXT: usize = 512;
/// Bytes of a compiled regular expression. The engine is linear in the text, so that this bounds the
/// time of a match as well.
const MAX_COMPILED: usize = 256 * 1024;

/// Labels that alerts have; an objective's `labels` come on top.
pub(crate) const LABELS: [&str; 19] = [
    "alertname",
    "app",
    "corswatch_test",
    "endpoint",
    "environment",
    "failing",
    "flow",
    "incident",
    "owner",
    "page_origin",
    "release",
    "rule",
    "service",
    "severity",
    "sli",
    "slo",
    "stage",
    "suspicious_source",
    "target_origin",
];

/// What a label has to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Pattern {
    /// Exactly this text; the empty text is for alerts without the label.
    Text(String),
    /// Anything that the expression matches as a whole.
    Regex {
        /// The expression, without `^` and `$`.
        regex: String,
    },
}

/// Labels and what they have to be; all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Match(pub BTreeMap<String, Pattern>);

impl Match {
    /// The exact text that a label has to be.
    #[must_use]
    pub fn exact(&self, label: &str) -> Option<&str> {
        match self.0.get(label)? {
            Pattern::Text(text) => Some(text),
            Pattern::Regex { .. } => None,
        }
    }

    /// Label and reason of everything that cannot be used. `known` are the labels that alerts have.
    pub(crate) fn problems(&self, known: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if self.0.len() > MAX_LABELS {
            let reason = format!("at most {MAX_LABELS} labels");
            found.push((String::new(), reason));
        }
        for (label, pattern) in &self.0 {
            if !known(label) {
                found.push((label.clone(), unknown(label)));
            }
            if let Err(reason) = pattern.compile() {
                found.push((label.clone(), reason));
            }
        }
        found
    }

    /// Label and reason of every label that no alert has: a match with one never holds. `own_labels` are those
    /// that objectives add.
    #[must_use]
    pub fn unknown_labels(&self, own_labels: &BTreeSet<String>) -> Vec<(String, String)> {
        let known = |label: &str| LABELS.contains(&label) || own_labels.contains(label);
        let labels = self.0.keys().filter(|label| !known(label));
        labels
            .map(|label| (label.clone(), unknown(label)))
            .collect()
    }

    pub(crate) fn compile(&self) -> Result<Matcher, String> {
        let compiled = self.0.iter().map(|(label, pattern)| {
            let test = pattern
                .compile()
                .map_err(|reason| format!("{label}: {reason}"))?;
            Ok((label.clone(), test))
        });
        compiled.collect::<Result<_, _>>().map(Matcher)
    }
}

fn unknown(label: &str) -> String {
    format!(
        "no alert has the label {label:?}; permitted: {}, and those of `slo.labels`",
        LABELS.join(", ")
    )
}

impl Pattern {
    /// Whether a value is what is asked for.
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        self.compile().is_ok_and(|test| test.is(value))
    }

    fn compile(&self) -> Result<Test, String> {
        let text = match self {
            Self::Text(text) | Self::Regex { regex: text } => text,
        };
        if text.len() > MAX_TEXT {
            return Err(format!("at most {MAX_TEXT} bytes"));
        }
        match self {
            Self::Text(text) => Ok(Test::Text(text.clone())),
            Self::Regex { regex } => RegexBuilder::new(&format!("^(?:{regex})$"))
                .size_limit(MAX_COMPILED)
                .build()
                .map(Test::Regex)
                .map_err(|error| format!("is not a regular expression: {error}")),
        }
    }
}

#[derive(Debug, Clone)]
enum Test {
    Text(String),
    Regex(Regex),
}

impl Test {
    fn is(&self, value: &str) -> bool {
        match self {
            Self::Text(text) => text == value,
            Self::Regex(regex) => regex.is_match(value),
        }
    }
}

/// A [`Match`] that is ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Matcher(Vec<(String, Test)>);

impl Matcher {
    /// Whether all patterns hold; none always does.
    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(label, test)| {
            let value = labels.get(label).map_or("", String::as_str);
            test.is(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> BTreeMap<String, String> {
        [("app", "shop"), ("service", "checkout")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn read(json: &str) -> Match {
        serde_json::from_str(json).expect("well formed")
    }

    #[test]
    fn all_labels_have_to_be_what_is_asked_for_and_an_expression_is_one_for_the_whole() {
        for (json, matches) in [
            ("{}", true),
            (r#"{"app": "shop"}"#, true),
            (r#"{"app": "shop", "service": "cart"}"#, false),
            (r#"{"app": {"regex": "shop|other"}}"#, true),
            (r#"{"app": {"regex": "sho"}}"#, false),
            (
                r#"{"app": {"regex": "x|shop"}, "service": {"regex": "check.*"}}"#,
                true,
            ),
            (r#"{"owner": ""}"#, true),
            (r#"{"owner": {"regex": ".+"}}"#, false),
        ] {
            let matcher = read(json).compile().expect(json);
            assert_eq!(matcher.matches(&labels()), matches, "{json}");
        }
    }

    #[test]
    fn every_label_that_cannot_be_used_is_reported() {
        let known = |label: &str| LABELS.contains(&label);
        let found =
            read(r#"{"ap": "x", "app": {"regex": "("}, "slo": {"regex": "(a{1000}){1000}"}}"#)
                .problems(&known);
        let labels: Vec<_> = found.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["ap", "app", "slo"]);
        assert!(found[0].1.contains("permitted: alertname, app"));
    }
}
