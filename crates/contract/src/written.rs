//! A contract as it is written.

use std::collections::BTreeMap;

use cors::Credentials;
use serde::Deserialize;
use serde::de::{Error, SeqAccess, Visitor};
use toml::Spanned;

use crate::expect::WrittenExpect;

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
pub(crate) struct RawRequest {
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
