//! Query strings, read strictly: every fault is found, nothing unknown is let through.

use std::collections::BTreeMap;
use std::str::FromStr;

use url::form_urlencoded;
use utoipa::IntoParams;

use crate::paging;
use crate::problem::{Fault, Problem};

/// Longest value of a parameter; origins and endpoint templates fit.
const MAX_VALUE: usize = 2048;
/// Most rows of one answer.
pub(crate) const MAX_LIMIT: u32 = 500;

/// The names of documented parameters.
pub(crate) fn names<T: IntoParams>() -> Vec<String> {
    T::into_params(|| None)
        .into_iter()
        .map(|parameter| parameter.name)
        .collect()
}

/// The parameters of one request, handed out one by one.
#[derive(Debug)]
pub(crate) struct Params {
    given: BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Params {
    /// Reads `query`, in which only the `permitted` names may occur, each at most once.
    pub(crate) fn read(query: Option<&str>, permitted: &[String]) -> Self {
        let mut params = Self {
            given: BTreeMap::new(),
            faults: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !permitted.iter().any(|known| known == name.as_ref()) {
                params.fault(&name, &value, allowed(permitted));
            } else if value.len() > MAX_VALUE {
                let start: String = value.chars().take(64).collect();
                params.fault(&name, &start, format!("at most {MAX_VALUE} bytes"));
            } else if params.given.contains_key(name.as_ref()) {
                params.fault(&name, &value, "one value for each parameter");
            } else {
                params.given.insert(name.into_owned(), value.into_owned());
            }
        }
        params
    }

    /// The same for a list whose pages are cut around its route: their parameters are read there, and permitted.
    pub(crate) fn read_list(query: Option<&str>, permitted: &[String]) -> Self {
        let pages = paging::NAMES.map(str::to_owned);
        Self::read(query, &[permitted, &pages].concat())
    }

    /// Whether there is a value of `name`.
    pub(crate) fn given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// How many rows to answer with.
    pub(crate) fn limit(&mut self, usual: u32) -> u32 {
        let permitted = format!("1 to {MAX_LIMIT}");
        let limit = self.parse("limit", &permitted).unwrap_or(usual);
        if !(1..=MAX_LIMIT).contains(&limit) {
            self.fault("limit", &limit.to_string(), permitted);
        }
        limit
    }

    /// The value of `name`; an empty one counts as not given.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.given.remove(name).filter(|value| !value.is_empty())
    }

    /// The value of `name`, where empty means "none stated" and is a filter of its own.
    pub(crate) fn exact(&mut self, name: &str) -> Option<String> {
        self.given.remove(name)
    }

    /// The value of `name` as `T`; `permitted` says how one looks.
    pub(crate) fn parse<T: FromStr>(&mut self, name: &str, permitted: &str) -> Option<T> {
        let value = self.text(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.fault(name, &value, permitted);
        }
        parsed
    }

    /// Notes that `name` cannot be `value`.
    pub(crate) fn fault(&mut self, name: &str, value: &str, permitted: impl Into<String>) {
        self.faults.push(Fault {
            field: name.to_owned(),
            value: value.to_owned(),
            permitted: permitted.into(),
        });
    }

    /// Ends the reading: all faults at once, if there are any.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::faults(self.faults))
        }
    }
}

fn allowed(permitted: &[String]) -> String {
    match permitted {
        [] => "no parameter here".to_owned(),
        names => format!("one of the parameters {}", names.join(", ")),
    }
}
