//! All problems of a configuration, reported at once.

use std::fmt;

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `collector.limits.body`.
    pub path: String,
    /// What was given.
    pub value: String,
    /// What is permitted, or what to do.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}: {}", self.path, self.value, self.reason)
    }
}

/// Collects problems below a path.
#[derive(Debug)]
pub struct Problems<'a> {
    path: String,
    found: &'a mut Vec<Problem>,
}

impl<'a> Problems<'a> {
    /// Collects into `found`, with paths that start with `path`.
    pub fn at(path: impl Into<String>, found: &'a mut Vec<Problem>) -> Self {
        Self {
            path: path.into(),
            found,
        }
    }

    /// A collector for the section `name` below this one.
    pub fn section(&mut self, name: impl fmt::Display) -> Problems<'_> {
        Problems {
            path: join(&self.path, &name.to_string()),
            found: self.found,
        }
    }

    /// Reports that `field` cannot be `value`.
    pub fn report(&mut self, field: &str, value: impl fmt::Display, reason: impl Into<String>) {
        let problem = Problem {
            path: join(&self.path, field),
            value: value.to_string(),
            reason: reason.into(),
        };
        self.found.push(problem);
    }

    /// Reports `field` unless `value` lies within `permitted`.
    pub fn range<T: PartialOrd + fmt::Display>(
        &mut self,
        field: &str,
        value: T,
        permitted: std::ops::RangeInclusive<T>,
    ) {
        if !permitted.contains(&value) {
            let reason = format!("permitted: {} to {}", permitted.start(), permitted.end());
            self.report(field, value, reason);
        }
    }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_path_value_and_what_is_permitted() {
        let mut found = Vec::new();
        let mut problems = Problems::at("", &mut found);
        problems
            .section("collector")
            .section("limits")
            .range("rows", 0, 1..=512);
        problems.section("collector").range("rows", 7, 1..=512);
        let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["collector.limits.rows = 0: permitted: 1 to 512"]);
    }
}
