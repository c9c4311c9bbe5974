//! Matchers of strings, and values with `%REQ(name)%` in them.

use fancy_regex::Regex;

use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;
use crate::sheet::Value;
use crate::yaml::Node;

/// A matcher of strings.
#[derive(Debug, Clone)]
pub(crate) enum Matcher {
    Exact(String, Case),
    Prefix(String, Case),
    Suffix(String, Case),
    Contains(String, Case),
    /// The whole string.
    Regex(Box<Regex>, String),
}

fn folded(text: &str, case: Case) -> String {
    match case {
        Case::Ignored => text.to_ascii_lowercase(),
        Case::Kept => text.to_owned(),
    }
}

impl Matcher {
    /// A `StringMatcher`; `regex` and `exact` may stand alone, as Istio has them.
    pub(crate) fn read(node: &Node) -> Result<Self, (SourceLocation, String)> {
        let ignored = node.field("ignore_case").and_then(Node::flag) == Some(true);
        let case = if ignored { Case::Ignored } else { Case::Kept };
        for (name, place, value) in node.members() {
            let text = value.text().unwrap_or_default().to_owned();
            let expression = match name.as_str() {
                "exact" => return Ok(Self::Exact(text, case)),
                "prefix" => return Ok(Self::Prefix(text, case)),
                "suffix" => return Ok(Self::Suffix(text, case)),
                "contains" => return Ok(Self::Contains(text, case)),
                "safe_regex" | "safeRegex" => value.field_text("regex").to_owned(),
                "regex" => text,
                _ => continue,
            };
            return Self::whole(&expression).map_err(|reason| (place.clone(), reason));
        }
        let reason = "a matcher has exact, prefix, suffix, contains or safe_regex";
        Err((node.place.clone(), reason.to_owned()))
    }

    /// A regular expression of the whole string (`Regex::FullMatch` of RE2).
    pub(crate) fn whole(expression: &str) -> Result<Self, String> {
        let regex = regex(&format!("^(?:{expression})$"), Case::Kept)?;
        Ok(Self::Regex(Box::new(regex), expression.to_owned()))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(own, case) => folded(own, *case) == folded(text, *case),
            Self::Prefix(own, case) => folded(text, *case).starts_with(&folded(own, *case)),
            Self::Suffix(own, case) => folded(text, *case).ends_with(&folded(own, *case)),
            Self::Contains(own, case) => folded(text, *case).contains(&folded(own, *case)),
            Self::Regex(regex, _) => regex.is_match(text).unwrap_or(false),
        }
    }

    /// As a grant says it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Exact(own, _) => own.clone(),
            Self::Prefix(own, _) => format!("~^{}", crate::template::escape(own)),
            Self::Suffix(own, _) => format!("~{}$", crate::template::escape(own)),
            Self::Contains(own, _) => format!("~{}", crate::template::escape(own)),
            Self::Regex(_, own) => format!("~^(?:{own})$"),
        }
    }
}

/// A value of a header that is added.
#[derive(Debug, Clone)]
pub(crate) struct Format(pub(crate) String);

impl Format {
    /// The value for a request: `%%` is a percent sign, `%REQ(name)%` a header of the request.
    pub(crate) fn of(&self, ask: &Ask<'_>, place: &SourceLocation) -> Value {
        let mut text = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('%') {
            text.push_str(before);
            let Some((command, behind)) = after.split_once('%') else {
                return Err(Doubt::at(format!("`{}` has a single `%`", self.0), place));
            };
            rest = behind;
            if command.is_empty() {
                text.push('%');
                continue;
            }
            let name = command
                .strip_prefix("REQ(")
                .and_then(|rest| rest.strip_suffix(')'));
            let name = name.filter(|name| !name.contains(['?', ':']));
            let value = name.and_then(|name| ask.header(&name.to_ascii_lowercase()));
            match value {
                Some("") => text.push('-'),
                Some(value) => text.push_str(value),
                None => {
                    let reason = format!("the value of `%{command}%` is not known");
                    return Err(Doubt::at(reason, place));
                }
            }
        }
        text.push_str(rest);
        // A header without a value is not added.
        Ok(if text == "-" { String::new() } else { text })
    }
}
