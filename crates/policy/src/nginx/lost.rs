//! Why a header that the configuration sets is not in an answer.

use cors::Answer;

use super::conf::{Added, Conf};
use super::run::Run;
use crate::place::SourceLocation;
use crate::prediction::{Lost, PredictedResponse};
use crate::sheet::matters;

fn of(added: &Added, reason: String) -> Option<Lost> {
    matters(&added.name).then(|| Lost {
        header: added.name.clone(),
        reason,
        place: added.place.clone(),
    })
}

/// The headers of `add_header` that are not there, with the reasons.
pub(super) fn lost(run: &Run<'_>, predicted: &PredictedResponse) -> Vec<Lost> {
    let mut lost = Vec::new();
    let is_there = |added: &Added| {
        predicted
            .lines
            .iter()
            .any(|line| line.name.eq_ignore_ascii_case(&added.name))
    };
    let missing = |added: &&Added| !is_there(added);
    for added in run
        .conf
        .added
        .iter()
        .filter(missing)
        .filter(|added| !added.always)
    {
        let reason = format!(
            "`add_header` without `always` adds nothing to an answer {}",
            predicted.status
        );
        lost.extend(of(added, reason));
    }
    for (added, by) in run
        .conf
        .shadowed
        .iter()
        .filter(|(added, _)| !is_there(added))
    {
        let reason = format!(
            "the `add_header` at {by} hides those of the levels around it: a level with one of its own inherits none"
        );
        lost.extend(of(added, reason));
    }
    for (conf, by) in &run.replaced {
        for added in conf.added.iter().filter(missing) {
            let reason = format!(
                "the `if` at {by} holds too: the last that holds takes the place of all before it, with their headers"
            );
            lost.extend(of(added, reason));
        }
    }
    lost
}

/// The headers from behind that `proxy_hide_header` and its kin take away.
pub(super) fn hidden(conf: &Conf, answer: &Answer) -> Vec<Lost> {
    let names = answer
        .headers
        .iter()
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned());
    let one = |name: String| {
        let mut hidden = conf.hidden.iter();
        let (_, place): &(String, SourceLocation) =
            hidden.find(|(other, _)| other.eq_ignore_ascii_case(&name))?;
        matters(&name).then(|| Lost {
            header: name,
            reason: "the server behind sends it, and `proxy_hide_header` takes it away".to_owned(),
            place: place.clone(),
        })
    };
    names.filter_map(one).collect()
}
