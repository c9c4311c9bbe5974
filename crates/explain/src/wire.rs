//! The JSON lines of `corswatch explain --jsonl`, as they come in and go out.

use std::borrow::Cow;

use cors::{
    Answer, CorsError, Credentials, Exchange, Headers, Hop, Mode, NotAnExchange, Request,
    RequestParts, Ruling, Stage,
};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::fix::Fix;
use crate::reason::Reason;
use crate::verdict::EngineVerdict;

/// A line of any kind; which fields have to be there depends on `kind`.
#[derive(Debug, Deserialize)]
pub(crate) struct Line<'a> {
    #[serde(borrow, default)]
    pub(crate) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) request: Option<WireRequest<'a>>,
    #[serde(borrow, default)]
    pub(crate) hops: Option<Vec<WireHop<'a>>>,
    #[serde(default)]
    pub(crate) response_headers: Option<WireHeaders>,
    #[serde(default)]
    pub(crate) credentials: Option<Credentials>,
    #[serde(borrow, default)]
    pub(crate) names: Option<Vec<Bytes<'a>>>,
    #[serde(borrow, default)]
    pub(crate) name: Option<Bytes<'a>>,
    #[serde(borrow, default)]
    pub(crate) value: Option<Bytes<'a>>,
    #[serde(borrow, default)]
    pub(crate) first: Option<WireRequest<'a>>,
    #[serde(default)]
    pub(crate) preflight: Option<WireAnswer>,
    #[serde(default)]
    pub(crate) elapsed_seconds: Option<f64>,
    #[serde(borrow, default)]
    pub(crate) second: Option<WireRequest<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireRequest<'a> {
    #[serde(borrow)]
    page_origin: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, default = "get")]
    method: Cow<'a, str>,
    #[serde(default = "cors")]
    mode: Mode,
    #[serde(default = "same_origin")]
    credentials: Credentials,
    #[serde(default)]
    headers: WireHeaders,
}

const fn get() -> Cow<'static, str> {
    Cow::Borrowed("GET")
}

const fn cors() -> Mode {
    Mode::Cors
}

const fn same_origin() -> Credentials {
    Credentials::SameOrigin
}

impl WireRequest<'_> {
    pub(crate) fn read(self) -> Result<Request, NotAnExchange> {
        Request::new(RequestParts {
            page_origin: &self.page_origin,
            url: &self.url,
            method: &self.method,
            mode: self.mode,
            credentials: self.credentials,
            headers: self.headers.read(),
        })
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireHop<'a> {
    #[serde(borrow, default)]
    url: Cow<'a, str>,
    #[serde(default)]
    preflight: Option<WireAnswer>,
    #[serde(default)]
    response: Option<WireAnswer>,
}

impl WireHop<'_> {
    fn read(self) -> Hop {
        Hop {
            url: self.url.into_owned(),
            preflight: self.preflight.map(WireAnswer::read),
            response: self.response.map(WireAnswer::read),
        }
    }
}

pub(crate) fn exchange(
    request: WireRequest<'_>,
    hops: Vec<WireHop<'_>>,
) -> Result<Exchange, NotAnExchange> {
    Ok(Exchange {
        request: request.read()?,
        hops: hops.into_iter().map(WireHop::read).collect(),
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct WireAnswer {
    status: u16,
    #[serde(default)]
    headers: WireHeaders,
}

impl WireAnswer {
    pub(crate) fn read(self) -> Answer {
        Answer {
            status: self.status,
            headers: self.headers.read(),
        }
    }
}

/// What most lists of headers stay below: they are read without growing.
const USUAL_LINES: usize = 8;
const USUAL_BYTES: usize = 256;

/// Pairs of a name and a value, read straight into the list's buffer.
#[derive(Debug, Default)]
pub(crate) struct WireHeaders(Headers);

impl WireHeaders {
    pub(crate) fn read(self) -> Headers {
        self.0
    }
}

impl<'de> Deserialize<'de> for WireHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lines;
        impl<'de> Visitor<'de> for Lines {
            type Value = WireHeaders;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of [name, value]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<WireHeaders, A::Error> {
                let Some((name, value)) = lines.next_element::<(Bytes<'de>, Bytes<'de>)>()? else {
                    return Ok(WireHeaders::default());
                };
                let mut headers = Headers::with_capacity(USUAL_LINES, USUAL_BYTES);
                headers.push(name.0, value.0);
                while let Some((name, value)) = lines.next_element::<(Bytes<'de>, Bytes<'de>)>()? {
                    headers.push(name.0, value.0);
                }
                Ok(WireHeaders(headers))
            }
        }
        deserializer.deserialize_seq(Lines)
    }
}

/// A string that stands for bytes, one character a byte.
#[derive(Debug)]
pub(crate) struct Bytes<'a>(pub(crate) Cow<'a, [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Latin1;
        impl<'de> Visitor<'de> for Latin1 {
            type Value = Bytes<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string of characters up to U+00FF, one a byte")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Bytes<'de>, E> {
                if text.is_ascii() {
                    return Ok(Bytes(Cow::Borrowed(text.as_bytes())));
                }
                self.visit_str(text)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes<'de>, E> {
                text.chars()
                    .map(|character| u8::try_from(u32::from(character)))
                    .collect::<Result<Vec<_>, _>>()
                    .map(|bytes| Bytes(Cow::Owned(bytes)))
                    .map_err(|_| E::custom("a header holds a character that is not a byte"))
            }
        }
        deserializer.deserialize_str(Latin1)
    }
}

/// The answer to an exchange; the order of the fields is the order on the line.
#[derive(Debug, Serialize)]
pub(crate) struct VerdictLine<'a> {
    pub(crate) id: Option<&'a RawValue>,
    pub(crate) verdict: Ruling,
    pub(crate) stage: Option<Stage>,
    pub(crate) error: Option<CorsError>,
    pub(crate) parameter: Option<&'a str>,
    pub(crate) hop: usize,
    pub(crate) preflight_sent: bool,
    pub(crate) explanation: String,
    pub(crate) fix: Vec<Fix>,
    pub(crate) reason: Option<Reason>,
    pub(crate) caveats: Vec<String>,
    #[serde(skip_serializing_if = "ByEngine::is_empty")]
    pub(crate) by_engine: ByEngine,
}

/// An object with the name of each engine that decides otherwise.
#[derive(Debug)]
pub(crate) struct ByEngine(pub(crate) Vec<EngineVerdict>);

impl ByEngine {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for ByEngine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct One {
            verdict: Ruling,
            error: Option<CorsError>,
        }
        serializer.collect_map(self.0.iter().map(|other| {
            let (verdict, error) = (other.ruling, other.error);
            (other.engine.as_str(), One { verdict, error })
        }))
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ReadableLine<'a> {
    pub(crate) id: Option<&'a RawValue>,
    pub(crate) readable: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SafelistedLine<'a> {
    pub(crate) id: Option<&'a RawValue>,
    pub(crate) safelisted: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct CacheLine<'a> {
    pub(crate) id: Option<&'a RawValue>,
    pub(crate) second_preflight: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct ErrorLine<'a> {
    pub(crate) id: Option<&'a RawValue>,
    pub(crate) line: u64,
    pub(crate) error_text: String,
}
