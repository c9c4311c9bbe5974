//! ACLs, and conditions made of them.

use fancy_regex::Regex;

use super::sample::{Facts, Found, Sample};
use crate::grant::{Grant, Kind};
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;

/// An ACL; those of one name are alternatives.
#[derive(Debug, Clone)]
pub(crate) struct Acl {
    pub(crate) name: String,
    sample: Sample,
    how: How,
    case: Case,
    values: Vec<String>,
    expressions: Vec<Regex>,
    place: SourceLocation,
}

/// How a sample is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Equal,
    Begins,
    Ends,
    Contains,
    Fits,
    /// That there is one.
    Found,
    /// Whether it is true.
    Is,
    /// A part between dots, or between slashes.
    Part(char),
    /// Numbers.
    Number,
    Open,
}

impl Acl {
    /// Reads what follows the name: a sample, flags, values.
    pub(crate) fn read(
        name: &str,
        words: &[String],
        place: &SourceLocation,
    ) -> Result<Self, String> {
        let first = words.first().ok_or("an ACL has something to look at")?;
        let mut sample = Sample::read(first);
        let by_name = [
            ("_beg", How::Begins),
            ("_end", How::Ends),
            ("_sub", How::Contains),
            ("_reg", How::Fits),
            ("_dom", How::Part('.')),
            ("_dir", How::Part('/')),
        ];
        let mut how = match sample.name.as_str() {
            "ssl_fc" => How::Is,
            "status" | "hdr_cnt" | "req.hdr_cnt" => How::Number,
            "always_true" | "always_false" => How::Found,
            _ => How::Equal,
        };
        for (ending, other) in by_name {
            if let Some(bare) = sample.name.strip_suffix(ending) {
                sample.name = bare.to_owned();
                how = other;
            }
        }
        let mut case = Case::Kept;
        let mut values = Vec::new();
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                _ if !values.is_empty() => values.push(word.clone()),
                "-i" => case = Case::Ignored,
                "-n" | "-M" | "-u" => {}
                "-f" => how = How::Open,
                "--" => values.extend(rest.by_ref().cloned()),
                "-m" => {
                    how = match rest.next().map(String::as_str) {
                        Some("str") => How::Equal,
                        Some("beg") => How::Begins,
                        Some("end") => How::Ends,
                        Some("sub") => How::Contains,
                        Some("reg") => How::Fits,
                        Some("found") => How::Found,
                        Some("bool") => How::Is,
                        Some("int") => How::Number,
                        Some("dom") => How::Part('.'),
                        Some("dir") => How::Part('/'),
                        _ => How::Open,
                    }
                }
                _ => values.push(word.clone()),
            }
        }
        let mut expressions = Vec::new();
        if how == How::Fits {
            for value in &values {
                expressions.push(regex(value, case)?);
            }
        }
        Ok(Self {
            name: name.to_owned(),
            sample,
            how,
            case,
            values,
            expressions,
            place: place.clone(),
        })
    }

    /// Whether it holds; `None` where no one knows.
    fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        match self.sample.name.as_str() {
            "always_true" => return Some(true),
            "always_false" => return Some(false),
            _ => {}
        }
        let value = match self.sample.of(facts) {
            Found::Unknown => return None,
            Found::Missing => return Some(false),
            Found::Text(text) => text,
        };
        let fold = |text: &str| match self.case {
            Case::Ignored => text.to_ascii_lowercase(),
            Case::Kept => text.to_owned(),
        };
        let own = fold(&value);
        let any = |fits: &dyn Fn(&str) -> bool| self.values.iter().any(|value| fits(&fold(value)));
        Some(match self.how {
            How::Found => true,
            How::Is => value != "0" && value != "false",
            How::Equal => any(&|value| own == value),
            How::Begins => any(&|value| own.starts_with(value)),
            How::Ends => any(&|value| own.ends_with(value)),
            How::Contains => any(&|value| own.contains(value)),
            How::Fits => self
                .expressions
                .iter()
                .any(|one| one.is_match(&value).unwrap_or(false)),
            How::Part(mark) => any(&|value| {
                let value = value.trim_matches(mark);
                own.split(['.', '/', '?', ':'].as_slice())
                    .collect::<Vec<_>>()
                    .windows(value.split(mark).count())
                    .any(|parts| parts.join(&mark.to_string()) == value)
            }),
            How::Number => {
                let number: i64 = value.parse().ok()?;
                let mut values = self.values.iter();
                let (operator, limit) = match (values.next().map(String::as_str), values.next()) {
                    (Some(operator @ ("eq" | "gt" | "ge" | "lt" | "le")), Some(limit)) => {
                        (operator, limit)
                    }
                    (Some(only), None) => ("eq", &only.to_owned()),
                    _ => return None,
                };
                let limit: i64 = limit.parse().ok()?;
                match operator {
                    "gt" => number > limit,
                    "ge" => number >= limit,
                    "lt" => number < limit,
                    "le" => number <= limit,
                    _ => number == limit,
                }
            }
            How::Open => return None,
        })
    }

    fn is_about(&self, name: &str) -> bool {
        self.sample.arg.eq_ignore_ascii_case(name)
            && matches!(self.sample.name.as_str(), "hdr" | "req.hdr" | "req.fhdr")
    }

    /// Origins that it names.
    pub(crate) fn origins(&self) -> Vec<Grant> {
        let of_variable = matches!(self.sample.name.as_str(), "var" | "capture.req.hdr");
        if !self.is_about("origin") && !of_variable {
            return Vec::new();
        }
        let values = self.values.iter().filter_map(|value| match self.how {
            How::Equal => value.contains("://").then(|| value.clone()),
            How::Fits => Some(format!("~{value}")),
            How::Begins => Some(format!("~^{}", crate::template::escape(value))),
            How::Ends => Some(format!("~{}$", crate::template::escape(value))),
            _ => None,
        });
        values
            .map(|value| Grant {
                kind: Kind::Origin,
                value,
                place: self.place.clone(),
            })
            .collect()
    }

    /// Hosts that it names.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let is_host = self.is_about("host") && self.how == How::Equal;
        let values = self.values.iter().filter(|_| is_host);
        values.cloned().collect()
    }

    /// Paths that it names.
    pub(crate) fn paths(&self) -> Vec<String> {
        let is_path = self.sample.name == "path" && matches!(self.how, How::Equal | How::Begins);
        let values = self
            .values
            .iter()
            .filter(|value| is_path && value.starts_with('/'));
        values.cloned().collect()
    }
}

/// `if` or `unless`: alternatives of terms that all hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    any: Vec<Vec<Term>>,
    negated: bool,
}

#[derive(Debug, Clone)]
struct Term {
    negated: bool,
    of: Of,
}

#[derive(Debug, Clone)]
enum Of {
    Name(String),
    Here(Box<Acl>),
}

impl Condition {
    /// Splits the words of a rule at its condition.
    pub(crate) fn split<'a>(
        words: &'a [String],
        place: &SourceLocation,
    ) -> Result<(&'a [String], Self), String> {
        let at = words
            .iter()
            .position(|word| word == "if" || word == "unless");
        let Some(at) = at else {
            return Ok((words, Self::default()));
        };
        let mut condition = Self {
            any: vec![Vec::new()],
            negated: words[at] == "unless",
        };
        let mut rest = words[at + 1..].iter();
        let mut negated = false;
        while let Some(word) = rest.next() {
            match word.as_str() {
                "or" | "||" => condition.any.push(Vec::new()),
                "!" => negated = !negated,
                other => {
                    let bare = other.trim_start_matches('!');
                    negated ^= (other.len() - bare.len()) % 2 == 1;
                    let of = if bare == "{" {
                        let inner: Vec<String> = rest
                            .by_ref()
                            .take_while(|word| *word != "}")
                            .cloned()
                            .collect();
                        Of::Here(Box::new(Acl::read("", &inner, place)?))
                    } else {
                        Of::Name(bare.to_owned())
                    };
                    if let Some(last) = condition.any.last_mut() {
                        last.push(Term { negated, of });
                    }
                    negated = false;
                }
            }
        }
        Ok((&words[..at], condition))
    }

    /// Whether it holds; `None` where no one knows.
    pub(crate) fn holds(&self, acls: &[Acl], facts: &Facts<'_>) -> Option<bool> {
        if self.any.is_empty() {
            return Some(true);
        }
        let mut known = true;
        for terms in &self.any {
            let terms: Vec<Option<bool>> =
                terms.iter().map(|term| term.holds(acls, facts)).collect();
            if terms.contains(&Some(false)) {
                continue;
            }
            if terms.contains(&None) {
                known = false;
            } else {
                return Some(!self.negated);
            }
        }
        known.then_some(self.negated)
    }

    /// The ACLs that stand in it.
    pub(crate) fn anonymous(&self) -> impl Iterator<Item = &Acl> {
        self.any.iter().flatten().filter_map(|term| match &term.of {
            Of::Here(acl) => Some(acl.as_ref()),
            Of::Name(_) => None,
        })
    }
}

impl Term {
    fn holds(&self, acls: &[Acl], facts: &Facts<'_>) -> Option<bool> {
        let value = match &self.of {
            Of::Here(acl) => acl.holds(facts)?,
            Of::Name(name) => named(name, acls, facts)?,
        };
        Some(value != self.negated)
    }
}

/// An ACL by name, also those that HAProxy brings.
fn named(name: &str, acls: &[Acl], facts: &Facts<'_>) -> Option<bool> {
    let own: Vec<Option<bool>> = acls
        .iter()
        .filter(|acl| acl.name == name)
        .map(|acl| acl.holds(facts))
        .collect();
    if !own.is_empty() {
        return if own.contains(&Some(true)) {
            Some(true)
        } else {
            (!own.contains(&None)).then_some(false)
        };
    }
    Some(match name {
        "TRUE" => true,
        "FALSE" => false,
        "METH_GET" => matches!(facts.ask.method, "GET" | "HEAD"),
        name => match name.strip_prefix("METH_") {
            Some(method) => method == facts.ask.method,
            None => return None,
        },
    })
}
