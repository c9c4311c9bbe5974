//! Bytes -> [`Beacon`], in one pass.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use observation::Latency;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::limits::{AT, MAX_RELEASE, MAX_ROWS, MAX_SDK, RETRY_HORIZON_MS, VERSION};
use super::wire::{Beacon, Row};
use crate::json::{
    COUNT, FieldTracker, Flag, Ignored, Integer, JsonPath, MAX_METHOD, MAX_TEXT, MAX_WORD, Member,
    Name, Pairs, STATUS, Text, members,
};
use crate::{Reason, Refusal};

members! {
    BeaconMember {
        Version => "v",
        Id => "id",
        Age => "age",
        Session => "s",
        Page => "page",
        Sdk => "sdk",
        Environment => "env",
        Release => "rel",
        Context => "ctx",
        Lab => "lab",
        Probes => "probes",
        Errors => "errors",
        Drops => "drops",
        Rows => "rows",
    }
}
const BEACON_REQUIRED: &[BeaconMember] = {
    use BeaconMember::{Age, Id, Page, Rows, Session, Version};
    &[Version, Id, Age, Session, Page, Rows]
};

members! {
    RowMember {
        At => "at",
        Target => "to",
        Endpoint => "ep",
        Kind => "k",
        Method => "m",
        Credentialed => "c",
        Preflighted => "p",
        Status => "st",
        Outcome => "o",
        Stage => "stage",
        Confidence => "cf",
        Evidence => "ev",
        By => "by",
        Count => "n",
        Latency => "l",
        PreflightLatency => "pl",
    }
}
const ROW_REQUIRED: &[RowMember] = &[RowMember::At, RowMember::Endpoint];
/// Depth of a member's value: of the beacon, and of a row (beacon, array, row).
const BEACON_DEPTH: u8 = 1;
const ROW_DEPTH: u8 = 3;

/// Reads a body; also says how many members were ignored.
pub(super) fn read(body: &[u8]) -> Result<(Beacon<'_>, u32), Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| Refusal {
        reason: Reason::NotUtf8,
        field: String::new(),
        detail: format!("byte {} is not UTF-8", error.valid_up_to()),
    })?;
    let trail = JsonPath::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = BeaconSeed(&trail)
        .deserialize(&mut json)
        .and_then(|beacon| json.end().map(|()| beacon));
    match read {
        Ok(beacon) => Ok((beacon, trail.ignored())),
        Err(error) => Err(trail.into_refusal(&error)),
    }
}

/// Reads members of one object: a value of each sort.
struct Values<'t>(&'t JsonPath);

impl<'t> Values<'t> {
    fn text<'de, A: MapAccess<'de>>(
        &self,
        map: &mut A,
        longest: usize,
    ) -> Result<Cow<'de, str>, A::Error> {
        let trail = self.0;
        map.next_value_seed(Text { trail, longest })
    }

    fn integer<'de, A: MapAccess<'de>>(
        &self,
        map: &mut A,
        range: RangeInclusive<i64>,
    ) -> Result<i64, A::Error> {
        let trail = self.0;
        map.next_value_seed(Integer { trail, range })
    }

    fn pairs<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Latency, A::Error> {
        map.next_value_seed(Pairs { trail: self.0 })
    }

    fn ignore<'de, A: MapAccess<'de>>(&self, map: &mut A, depth: u8) -> Result<(), A::Error> {
        let trail = self.0;
        map.next_value_seed(Ignored { trail, depth })
    }

    /// A count of the SDK about itself.
    fn count<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<u32, A::Error> {
        self.integer(map, COUNT)
            .map(|count| count.unsigned_abs().try_into().unwrap_or(u32::MAX))
    }

    fn version<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<(), A::Error> {
        let version = self.integer(map, i64::MIN..=i64::MAX)?;
        if version == VERSION {
            return Ok(());
        }
        let detail = format!("this edge reads version {VERSION}");
        Err(self.0.refuse(Reason::UnsupportedVersion, detail))
    }

    fn age<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<i64, A::Error> {
        let age = self.integer(map, 0..=i64::MAX)?;
        if age <= RETRY_HORIZON_MS {
            return Ok(age);
        }
        let detail = format!("older than the retry horizon of {RETRY_HORIZON_MS} ms");
        Err(self.0.refuse(Reason::TooOld, detail))
    }
}

struct BeaconSeed<'t>(&'t JsonPath);

impl<'de> DeserializeSeed<'de> for BeaconSeed<'_> {
    type Value = Beacon<'de>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Beacon<'de>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BeaconSeed<'_> {
    type Value = Beacon<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a beacon, which is an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Beacon<'de>, A::Error> {
        let values = Values(self.0);
        let mut members = FieldTracker::new(self.0);
        let mut beacon = Beacon::default();
        while let Some(name) = map.next_key_seed(Name)? {
            match members.enter(name)? {
                Some(BeaconMember::Version) => values.version(&mut map)?,
                Some(BeaconMember::Id) => beacon.id = values.text(&mut map, MAX_WORD)?,
                Some(BeaconMember::Age) => beacon.age = values.age(&mut map)?,
                Some(BeaconMember::Session) => beacon.session = values.text(&mut map, MAX_WORD)?,
                Some(BeaconMember::Page) => beacon.page = values.text(&mut map, MAX_TEXT)?,
                Some(BeaconMember::Sdk) => drop(values.text(&mut map, MAX_SDK)?),
                Some(BeaconMember::Environment) => {
                    beacon.environment = values.text(&mut map, MAX_WORD)?
                }
                Some(BeaconMember::Release) => {
                    beacon.release = values.text(&mut map, MAX_RELEASE)?
                }
                Some(BeaconMember::Context) => {
                    beacon.context = Some(values.text(&mut map, MAX_WORD)?)
                }
                Some(BeaconMember::Lab) => beacon.lab = map.next_value_seed(Flag)?,
                Some(BeaconMember::Probes) => beacon.sdk.probes = values.count(&mut map)?,
                Some(BeaconMember::Errors) => beacon.sdk.errors = values.count(&mut map)?,
                Some(BeaconMember::Drops) => beacon.sdk.drops = values.count(&mut map)?,
                Some(BeaconMember::Rows) => {
                    beacon.rows = map.next_value_seed(RowsSeed(self.0))?;
                    self.0.enter_row(None);
                }
                None => values.ignore(&mut map, BEACON_DEPTH)?,
            }
        }
        members.require(BEACON_REQUIRED)?;
        Ok(beacon)
    }
}

struct RowsSeed<'t>(&'t JsonPath);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_> {
    type Value = Vec<Row<'de>>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<Row<'de>>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_> {
    type Value = Vec<Row<'de>>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Row<'de>>, A::Error> {
        let mut rows = Vec::with_capacity(8);
        loop {
            let row = RowSeed {
                trail: self.0,
                rows: &mut rows,
            };
            if items.next_element_seed(row)?.is_none() {
                break;
            }
        }
        self.0.enter_row(None);
        if rows.is_empty() {
            return Err(self
                .0
                .refuse(Reason::NoRows, "a beacon has at least one row"));
        }
        Ok(rows)
    }
}

/// Reads a row where it is to stand: it is too large to be handed up from call to call.
struct RowSeed<'t, 'r, 'de> {
    trail: &'t JsonPath,
    rows: &'r mut Vec<Row<'de>>,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_, '_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let at = self.rows.len();
        if at == MAX_ROWS {
            self.trail.enter_row(None);
            let detail = format!("more than {MAX_ROWS} rows");
            return Err(self.trail.refuse(Reason::TooManyRows, detail));
        }
        self.trail.enter_row(Some(at));
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, '_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row, which is an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let values = Values(self.trail);
        let mut members = FieldTracker::new(self.trail);
        let row = self.rows.push_mut(Row::default());
        while let Some(name) = map.next_key_seed(Name)? {
            match members.enter(name)? {
                Some(RowMember::At) => row.at = values.integer(&mut map, AT)?,
                Some(RowMember::Target) => row.target = Some(values.text(&mut map, MAX_TEXT)?),
                Some(RowMember::Endpoint) => row.endpoint = values.text(&mut map, MAX_TEXT)?,
                Some(RowMember::Kind) => row.kind = Some(values.text(&mut map, MAX_WORD)?),
                Some(RowMember::Method) => row.method = Some(values.text(&mut map, MAX_METHOD)?),
                Some(RowMember::Credentialed) => {
                    row.credentialed = values.integer(&mut map, 1..=1)? == 1
                }
                Some(RowMember::Preflighted) => {
                    row.preflighted = values.integer(&mut map, 1..=1)? == 1
                }
                Some(RowMember::Status) => row.status = values.integer(&mut map, STATUS)?,
                Some(RowMember::Outcome) => row.outcome = Some(values.text(&mut map, MAX_WORD)?),
                Some(RowMember::Stage) => row.stage = Some(values.text(&mut map, MAX_WORD)?),
                Some(RowMember::Confidence) => {
                    row.confidence = Some(values.text(&mut map, MAX_WORD)?)
                }
                Some(RowMember::Evidence) => row.evidence = values.text(&mut map, MAX_WORD)?,
                Some(RowMember::By) => row.by = values.text(&mut map, MAX_TEXT)?,
                Some(RowMember::Count) => row.count = Some(values.integer(&mut map, COUNT)?),
                Some(RowMember::Latency) => row.latency = values.pairs(&mut map)?,
                Some(RowMember::PreflightLatency) => {
                    row.preflight_latency = values.pairs(&mut map)?
                }
                None => values.ignore(&mut map, ROW_DEPTH)?,
            }
        }
        members.require(ROW_REQUIRED)?;
        Ok(())
    }
}
