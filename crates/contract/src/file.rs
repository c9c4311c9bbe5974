//! A contract as it is written.

use std::collections::BTreeMap;
use std::ops::Range;

use cors::Credentials;
use serde::Deserialize;
use serde::de::{Error, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::case::Case;
use crate::expand::{self, Options};
use crate::expect::WrittenExpect;
use crate::problem::{Lines, Problem};

/// What a file holds.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    /// Its requests, matrices written out.
    pub cases: Vec<Case>,
    /// What cannot be read, by line.
    pub problems: Vec<Problem>,
}

/// What is said once for all requests of a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) origin: Option<Spanned<Texts>>,
    pub(crate) credentials: Option<Credentials>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

/// A `[[request]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) url: Option<Spanned<Texts>>,
    pub(crate) path: Option<Spanned<Texts>>,
    pub(crate) origin: Option<Spanned<Texts>>,
    pub(crate) blocked_origin: Option<Spanned<Texts>>,
    pub(crate) method: Option<Spanned<Texts>>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) credentials: Option<Credentials>,
    #[serde(default)]
    pub(crate) send: bool,
    pub(crate) expect: Option<Spanned<WrittenExpect>>,
}

/// A text or a list of texts.
#[derive(Debug, Clone)]
pub(crate) struct Texts(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsTexts;
        impl<'de> Visitor<'de> for AsTexts {
            type Value = Texts;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                if texts.is_empty() {
                    return Err(A::Error::custom("the list is empty"));
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_any(AsTexts)
    }
}

/// Reads a contract. Everything that can be read counts, whatever else is wrong in the file.
#[must_use]
pub fn read(text: &str, options: &Options) -> Contract {
    let lines = Lines(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut contract = Contract::default();
    if !errors.is_empty() {
        // After a syntax error keys may have gone to the wrong table: no request can be trusted.
        contract.problems = errors.iter().map(|e| lines.problem(e, &(0..0))).collect();
        contract.problems.sort();
        return contract;
    }
    let span = root.span();
    let mut table = root.into_inner();
    let requests = table.remove("request").map(Spanned::into_inner);
    let defaults = match Defaults::deserialize(deserializer(table, span.clone())) {
        Ok(defaults) => defaults,
        Err(error) => {
            contract.problems.push(lines.problem(&error, &span));
            return contract;
        }
    };
    match requests {
        Some(DeValue::Array(requests)) => {
            for request in requests {
                read_request(request, &defaults, lines, options, &mut contract);
            }
        }
        _ => contract.problems.push(Problem {
            line: 1,
            reason: "there is no `[[request]]`".to_owned(),
        }),
    }
    expand::names_are_unique(&mut contract);
    contract.problems.sort();
    contract
}

fn deserializer(table: DeTable<'_>, span: Range<usize>) -> ValueDeserializer<'_> {
    ValueDeserializer::from(Spanned::new(span, DeValue::Table(table)))
}

fn read_request(
    request: Spanned<DeValue<'_>>,
    defaults: &Defaults,
    lines: Lines<'_>,
    options: &Options,
    contract: &mut Contract,
) {
    let span = request.span();
    match Written::deserialize(ValueDeserializer::from(request)) {
        Ok(written) => expand::expand(&written, &span, defaults, lines, options, contract),
        Err(error) => contract.problems.push(lines.problem(&error, &span)),
    }
}
