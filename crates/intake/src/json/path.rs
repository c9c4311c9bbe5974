//! Where in the body the reader is, and the refusal it ran into.
//!
//! serde's errors are texts. So the readers note the member they are about to read here, and put a
//! refusal here before they give up; what is left to serde's own errors is "another type" and
//! "no JSON".

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use serde::de;

use super::limits::MAX_UNKNOWN_MEMBERS;
use crate::{Reason, Refusal};

/// Longest sentence of a refusal: what was given can be as long as the body.
const MAX_DETAIL: usize = 240;

#[derive(Debug, Default)]
pub(crate) struct JsonPath {
    row: Cell<Option<usize>>,
    member: Cell<&'static str>,
    ignored: Cell<u32>,
    refusal: RefCell<Option<Refusal>>,
}

impl JsonPath {
    pub(crate) fn enter_row(&self, row: Option<usize>) {
        self.row.set(row);
        self.member.set(if row.is_some() { "" } else { "rows" });
    }

    /// How many members were ignored so far.
    pub(crate) fn ignored(&self) -> u32 {
        self.ignored.get()
    }

    /// ResolveContext the refusal; the error only unwinds.
    pub(crate) fn refuse<E: de::Error>(&self, reason: Reason, detail: impl Into<String>) -> E {
        let refusal = Refusal {
            reason,
            field: path(self.row.get(), self.member.get()),
            detail: detail.into(),
        };
        self.refusal.borrow_mut().get_or_insert(refusal);
        E::custom("refused")
    }

    /// The refusal that ended the reading, or the one that serde's error amounts to.
    pub(crate) fn into_refusal(self, error: &serde_json::Error) -> Refusal {
        let field = path(self.row.get(), self.member.get());
        if let Some(refusal) = self.refusal.into_inner() {
            return refusal;
        }
        let text = error.to_string();
        let reason = if error.is_data() {
            Reason::WrongType
        } else if text.starts_with("number out of range") {
            Reason::OutOfRange
        } else {
            Reason::NotJson
        };
        Refusal {
            reason,
            field: if reason == Reason::NotJson {
                String::new()
            } else {
                field
            },
            detail: text
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_DETAIL)
                .collect(),
        }
    }
}

/// `rows[3].st`, `rows[3]`, `age`, or nothing for the body as a whole.
fn path(row: Option<usize>, member: &str) -> String {
    match row {
        None => member.to_owned(),
        Some(row) if member.is_empty() => format!("rows[{row}]"),
        Some(row) => format!("rows[{row}].{member}"),
    }
}

/// A refusal of what has been read already.
pub(crate) fn refuse(
    row: Option<usize>,
    member: &str,
    reason: Reason,
    detail: impl Into<String>,
) -> Refusal {
    Refusal {
        reason,
        field: path(row, member),
        detail: detail.into(),
    }
}

/// A member of an object of the format, which has at most 32. Made by [`members!`].
pub(crate) trait Member: Copy {
    fn named(name: &str) -> Option<Self>;
    fn name(self) -> &'static str;
    fn bit(self) -> u32;
}

/// Declares the members of an object with their names.
macro_rules! members {
    ($name:ident { $($member:ident => $text:literal,)+ }) => {
        #[derive(Clone, Copy)]
        enum $name { $($member,)+ }

        impl Member for $name {
            #[inline]
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$member),)+
                    _ => None,
                }
            }
            fn name(self) -> &'static str {
                match self { $(Self::$member => $text,)+ }
            }
            fn bit(self) -> u32 {
                1 << self as u32
            }
        }
    };
}
pub(crate) use members;

/// The members of one object: which were seen, which are not known.
pub(crate) struct FieldTracker<'t, 'de, M> {
    trail: &'t JsonPath,
    seen: u32,
    unknown: Vec<Cow<'de, str>>,
    known: PhantomData<M>,
}

impl<'t, 'de, M: Member> FieldTracker<'t, 'de, M> {
    pub(crate) const fn new(trail: &'t JsonPath) -> Self {
        Self {
            trail,
            seen: 0,
            unknown: Vec::new(),
            known: PhantomData,
        }
    }

    /// The known member that `name` is, or nothing for one to be ignored.
    pub(crate) fn enter<E: de::Error>(&mut self, name: Cow<'de, str>) -> Result<Option<M>, E> {
        let Some(member) = M::named(&name) else {
            return self.ignore(name).map(|()| None);
        };
        self.trail.member.set(member.name());
        if self.seen & member.bit() != 0 {
            return Err(self.twice(member.name()));
        }
        self.seen |= member.bit();
        Ok(Some(member))
    }

    fn ignore<E: de::Error>(&mut self, name: Cow<'de, str>) -> Result<(), E> {
        self.trail.member.set("");
        if self.unknown.contains(&name) {
            return Err(self.twice(&name));
        }
        if self.unknown.len() == MAX_UNKNOWN_MEMBERS {
            let detail = format!("more than {MAX_UNKNOWN_MEMBERS} members that are not known");
            return Err(self.trail.refuse(Reason::TooManyMembers, detail));
        }
        self.unknown.push(name);
        self.trail.ignored.set(self.trail.ignored.get() + 1);
        Ok(())
    }

    fn twice<E: de::Error>(&self, name: &str) -> E {
        let shown: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_DETAIL)
            .collect();
        let detail = format!("the member `{shown}` stands twice");
        self.trail.refuse(Reason::DuplicateMember, detail)
    }

    /// Refuses unless every one of `required` was seen.
    pub(crate) fn require<E: de::Error>(&self, required: &[M]) -> Result<(), E> {
        for member in required {
            if self.seen & member.bit() == 0 {
                self.trail.member.set(member.name());
                let detail = "the member is missing";
                return Err(self.trail.refuse(Reason::MissingMember, detail));
            }
        }
        Ok(())
    }
}
