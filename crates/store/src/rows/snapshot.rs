//! How targets answered, and what changed between two times.

use observation::{Stage, UnixMillis};

use super::{ChangeRow, HeaderLine};
use crate::wire::{List, fields};

fields! {
    /// How a target answered one kind of question, and between which times it was seen to.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SnapshotRow in "header_snapshots" {
        /// Origin of the page that asked.
        pub page_origin: String,
        /// What was asked.
        pub url: String,
        /// How: method and header names.
        pub asked: String,
        /// The question: the preflight or the request itself.
        pub stage: Stage,
        /// When it was first seen.
        pub first_at: UnixMillis,
        /// When it was last seen.
        pub last_at: UnixMillis,
        /// Status.
        pub status: u16,
        /// The headers that have a say in CORS.
        pub headers ["header"]: Vec<HeaderLine> as List,
    }
}

/// What differs between two states of a target.
#[must_use]
pub fn differences(before: &SnapshotRow, after: &SnapshotRow) -> Vec<ChangeRow> {
    let mut names: Vec<&str> = before
        .headers
        .iter()
        .chain(&after.headers)
        .map(|line| line.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut changes = Vec::new();
    let mut note = |header: &str, what: String, was: String, is: String| {
        changes.push(ChangeRow {
            stage: after.stage,
            header: header.to_owned(),
            what,
            before: was,
            after: is,
            from: before.last_at,
            to: after.first_at,
        });
    };
    if before.status != after.status {
        let (was, is) = (before.status.to_string(), after.status.to_string());
        let what = format!(
            "the status of the {} became {is}, it was {was}",
            after.stage
        );
        note(":status", what, was, is);
    }
    for name in names {
        let (was, is) = (joined(before, name), joined(after, name));
        if was != is {
            let what = in_words(name, was.as_deref(), is.as_deref());
            note(name, what, was.unwrap_or_default(), is.unwrap_or_default());
        }
    }
    changes
}

fn joined(row: &SnapshotRow, name: &str) -> Option<String> {
    let values: Vec<_> = row
        .headers
        .iter()
        .filter(|line| line.name == name)
        .map(|line| line.value.as_str())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn in_words(name: &str, was: Option<&str>, is: Option<&str>) -> String {
    let (was, is) = match (was, is) {
        (None, is) => return format!("{name} appeared: {}", is.unwrap_or_default()),
        (Some(was), None) => return format!("{name} vanished, it was {was}"),
        (Some(was), Some(is)) => (was, is),
    };
    let is_list = name == "vary"
        || (name.starts_with("access-control-")
            && (name.ends_with("-headers") || name.ends_with("-methods")));
    if !is_list {
        return format!("{name} became {is}, it was {was}");
    }
    let elements = |list: &str| -> Vec<String> {
        let elements = list.split(',').map(|element| element.trim().to_owned());
        elements.filter(|element| !element.is_empty()).collect()
    };
    let (was, is) = (elements(was), elements(is));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let missing = |one: &&String| !those.iter().any(|other| other.eq_ignore_ascii_case(one));
        these.iter().filter(missing).cloned().collect()
    };
    let (gone, new) = (only(&was, &is), only(&is, &was));
    match (gone.is_empty(), new.is_empty()) {
        (false, true) => format!("{} vanished from {name}", gone.join(", ")),
        (true, false) => format!("{} was added to {name}", new.join(", ")),
        (false, false) => format!(
            "{} vanished from {name}, {} was added",
            gone.join(", "),
            new.join(", ")
        ),
        (true, true) => format!("{name} is written differently"),
    }
}
