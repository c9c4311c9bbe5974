//! Bytes -> [`Line`]s.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::limits::MAX_LINES;
use super::value::{Logged, LoggedText, Number, Switch};
use crate::json::{FieldTracker, Ignored, JsonPath, Member, Name, members};
use crate::{Reason, Refusal};

members! {
    LineMember {
        Time => "time",
        Status => "status",
        Method => "method",
        Scheme => "scheme",
        Host => "host",
        Path => "path",
        Origin => "origin",
        RequestMethod => "request_method",
        RequestHeaders => "request_headers",
        FetchMode => "sec_fetch_mode",
        Credentialed => "credentialed",
        AllowOrigin => "allow_origin",
        AllowCredentials => "allow_credentials",
        AllowMethods => "allow_methods",
        AllowHeaders => "allow_headers",
        Location => "location",
        Duration => "duration",
        DurationMs => "duration_ms",
    }
}
const REQUIRED: &[LineMember] = {
    use LineMember::{Host, Method, Path, Status, Time};
    &[Time, Status, Method, Host, Path]
};
/// Depth of a member's value.
const DEPTH: u8 = 1;

/// One request and its answer, as a server logs it.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    /// Its number in the body, from 0.
    pub(super) at: usize,
    /// Seconds since 1970.
    pub(super) time: f64,
    /// 0 where there was no answer.
    pub(super) status: u16,
    pub(super) method: Logged<'a>,
    pub(super) scheme: Logged<'a>,
    pub(super) host: Logged<'a>,
    pub(super) path: Logged<'a>,
    pub(super) origin: Logged<'a>,
    pub(super) request_method: Logged<'a>,
    pub(super) request_headers: Logged<'a>,
    pub(super) fetch_mode: Logged<'a>,
    pub(super) credentialed: Option<bool>,
    pub(super) allow_origin: Logged<'a>,
    pub(super) allow_credentials: Logged<'a>,
    pub(super) allow_methods: Logged<'a>,
    pub(super) allow_headers: Logged<'a>,
    pub(super) location: Logged<'a>,
    pub(super) duration_ms: Option<f64>,
}

/// What was read of a body.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    pub(super) lines: Vec<Line<'a>>,
    /// FieldTracker that are not known.
    pub(super) ignored_members: u32,
    /// Lines that are not UTF-8: a server logs bytes of strangers as they are.
    pub(super) unreadable: u32,
}

pub(super) fn read_all(body: &[u8]) -> Result<Lines<'_>, Refusal> {
    let mut read = Lines::default();
    let numbered = body.split(|byte| *byte == b'\n').enumerate();
    for (at, bytes) in numbered.filter(|(_, bytes)| !bytes.trim_ascii().is_empty()) {
        if read.lines.len() == MAX_LINES {
            return Err(Refusal {
                reason: Reason::TooManyRows,
                field: String::new(),
                detail: format!("more than {MAX_LINES} lines"),
            });
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            read.unreadable += 1;
            continue;
        };
        let trail = JsonPath::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let line = LineSeed(&trail)
            .deserialize(&mut json)
            .and_then(|line| json.end().map(|()| line));
        match line {
            Ok(line) => {
                read.ignored_members = read.ignored_members.saturating_add(trail.ignored());
                read.lines.push(Line { at, ..line });
            }
            Err(error) => {
                let refusal = trail.into_refusal(&error);
                let field = place(at, &refusal.field);
                return Err(Refusal { field, ..refusal });
            }
        }
    }
    Ok(read)
}

/// `lines[3].status`, or `lines[3]`.
pub(super) fn place(at: usize, member: &str) -> String {
    if member.is_empty() {
        format!("lines[{at}]")
    } else {
        format!("lines[{at}].{member}")
    }
}

struct LineSeed<'t>(&'t JsonPath);

impl<'de> DeserializeSeed<'de> for LineSeed<'_> {
    type Value = Line<'de>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Line<'de>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LineSeed<'_> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a log as an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let trail = self.0;
        let mut members = FieldTracker::new(trail);
        let mut line = Line::default();
        while let Some(name) = map.next_key_seed(Name)? {
            match members.enter(name)? {
                Some(member) => self.member(member, &mut line, &mut map)?,
                None => map.next_value_seed(Ignored {
                    trail,
                    depth: DEPTH,
                })?,
            }
        }
        members.require(REQUIRED)?;
        Ok(line)
    }
}

impl LineSeed<'_> {
    fn member<'de, A: MapAccess<'de>>(
        &self,
        member: LineMember,
        line: &mut Line<'de>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        use LineMember as Is;
        let text = match member {
            Is::Time => {
                line.time = self.required(map)?;
                return Ok(());
            }
            Is::Status => {
                line.status = self.status(map)?;
                return Ok(());
            }
            Is::Credentialed => {
                line.credentialed = map.next_value_seed(Switch(self.0))?;
                return Ok(());
            }
            Is::Duration | Is::DurationMs => {
                let times = if member as u32 == Is::Duration as u32 {
                    1e3
                } else {
                    1.0
                };
                let number = map.next_value_seed(Number(self.0))?;
                line.duration_ms = number.map(|number| number * times).or(line.duration_ms);
                return Ok(());
            }
            Is::Method => &mut line.method,
            Is::Scheme => &mut line.scheme,
            Is::Host => &mut line.host,
            Is::Path => &mut line.path,
            Is::Origin => &mut line.origin,
            Is::RequestMethod => &mut line.request_method,
            Is::RequestHeaders => &mut line.request_headers,
            Is::FetchMode => &mut line.fetch_mode,
            Is::AllowOrigin => &mut line.allow_origin,
            Is::AllowCredentials => &mut line.allow_credentials,
            Is::AllowMethods => &mut line.allow_methods,
            Is::AllowHeaders => &mut line.allow_headers,
            Is::Location => &mut line.location,
        };
        *text = map.next_value_seed(LoggedText)?;
        Ok(())
    }

    fn required<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<f64, A::Error> {
        let number = map.next_value_seed(Number(self.0))?;
        number.ok_or_else(|| {
            self.0
                .refuse(Reason::MissingMember, "the number is missing")
        })
    }

    /// A status of three digits, or 0 where the client went away before there was one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number of three digits"
    )]
    fn status<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<u16, A::Error> {
        let number = self.required(map)?;
        if number == 0.0 || (number.fract() == 0.0 && (100.0..=599.0).contains(&number)) {
            return Ok(number as u16);
        }
        let detail = "permitted: 0 and 100 to 599";
        Err(self.0.refuse(Reason::OutOfRange, detail))
    }
}
