//! `RewriteCond` and `RewriteRule`, `Redirect` and `RedirectMatch`.

use fancy_regex::Regex;

use super::condition::{Env, Facts};
use super::directive::Directive;
use crate::doubt::Doubt;
use crate::nginx::{Case, regex};
use crate::place::SourceLocation;

/// A rule with its conditions, or a redirect.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    conditions: Vec<Condition>,
    pattern: Box<Regex>,
    negated: bool,
    to: String,
    then: Then,
    /// `E=` of its flags.
    sets: Vec<(String, String)>,
    last: bool,
    pub(crate) place: SourceLocation,
}

#[derive(Debug, Clone)]
enum Then {
    /// Another path, or the same.
    Path,
    Status(u16),
    Proxy,
}

#[derive(Debug, Clone)]
struct Condition {
    text: String,
    test: Test,
    negated: bool,
    or_next: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Fits(Box<Regex>),
    Equal(String),
    /// About files, or something else that is not known.
    Open,
}

/// What a list of rules leads to.
pub(crate) enum Leads {
    On,
    Status(u16, Option<String>, SourceLocation),
    Proxy(SourceLocation),
    /// Something else answers at another path.
    Elsewhere(String, SourceLocation),
}

/// Reads the rules of a section; `RewriteEngine Off` takes them away.
pub(crate) fn rules(directives: &[Directive]) -> Result<Vec<Rule>, (SourceLocation, String)> {
    let mut rules = Vec::new();
    let mut conditions = Vec::new();
    let mut is_on = false;
    for one in directives.iter().filter(|one| !one.section) {
        let at = |reason: String| (one.place.clone(), reason);
        match one.name.to_ascii_lowercase().as_str() {
            "rewriteengine" => is_on = one.arg(0).eq_ignore_ascii_case("on"),
            "rewritecond" => conditions.push(condition(one).map_err(at)?),
            "rewriterule" => {
                let conditions = std::mem::take(&mut conditions);
                rules.push(rule(one, conditions).map_err(at)?);
            }
            _ => {}
        }
    }
    if !is_on {
        rules.clear();
    }
    Ok(rules)
}

/// Reads `Redirect` and its kin.
pub(crate) fn redirects(directives: &[Directive]) -> Result<Vec<Rule>, (SourceLocation, String)> {
    let mut rules = Vec::new();
    for one in directives.iter().filter(|one| !one.section) {
        let at = |reason: String| (one.place.clone(), reason);
        if one.is("Redirect")
            || one.is("RedirectMatch")
            || one.is("RedirectPermanent")
            || one.is("RedirectTemp")
        {
            rules.push(redirect(one).map_err(at)?);
        }
    }
    Ok(rules)
}

fn flags(text: &str) -> Vec<(String, String)> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let flags = text.split(',').map(|flag| {
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        (name.trim().to_ascii_uppercase(), value.trim().to_owned())
    });
    flags.collect()
}

fn condition(directive: &Directive) -> Result<Condition, String> {
    let flags = flags(directive.arg(2));
    let has = |names: [&str; 2]| flags.iter().any(|(name, _)| names.contains(&name.as_str()));
    let case = if has(["NC", "NOCASE"]) {
        Case::Ignored
    } else {
        Case::Kept
    };
    let pattern = directive.arg(1);
    let (negated, pattern) = match pattern.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let is_open = pattern.starts_with(['<', '>'])
        || (pattern.starts_with('-') && pattern.len() <= 3)
        || directive.arg(0) == "expr";
    let test = if is_open {
        Test::Open
    } else if let Some(text) = pattern.strip_prefix('=') {
        Test::Equal(text.trim_matches('"').to_owned())
    } else {
        Test::Fits(Box::new(regex(pattern, case)?))
    };
    Ok(Condition {
        text: directive.arg(0).to_owned(),
        test,
        negated,
        or_next: has(["OR", "ORNEXT"]),
    })
}

fn rule(directive: &Directive, conditions: Vec<Condition>) -> Result<Rule, String> {
    let flags = flags(directive.arg(2));
    let value = |names: &[&str]| {
        let mut flags = flags.iter();
        flags
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_str())
    };
    let case = if value(&["NC", "NOCASE"]).is_some() {
        Case::Ignored
    } else {
        Case::Kept
    };
    let pattern = directive.arg(0);
    let (negated, pattern) = match pattern.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let then = if value(&["F", "FORBIDDEN"]).is_some() {
        Then::Status(403)
    } else if value(&["G", "GONE"]).is_some() {
        Then::Status(410)
    } else if let Some(code) = value(&["R", "REDIRECT"]) {
        Then::Status(match code {
            "" | "temp" => 302,
            "permanent" => 301,
            "seeother" => 303,
            code => code
                .parse()
                .map_err(|_| format!("`{code}` is not a status"))?,
        })
    } else if value(&["P", "PROXY"]).is_some() {
        Then::Proxy
    } else {
        Then::Path
    };
    let sets = flags
        .iter()
        .filter(|(name, _)| name == "E" || name == "ENV");
    let sets = sets.filter_map(|(_, value)| {
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        (!name.starts_with('!')).then(|| (name.to_owned(), value.to_owned()))
    });
    Ok(Rule {
        conditions,
        pattern: Box::new(regex(pattern, case)?),
        negated,
        to: directive.arg(1).to_owned(),
        sets: sets.collect(),
        last: value(&["L", "LAST", "END"]).is_some(),
        then,
        place: directive.place.clone(),
    })
}

fn redirect(directive: &Directive) -> Result<Rule, String> {
    let status_of = |word: &str| match word {
        "permanent" => Some(301),
        "temp" => Some(302),
        "seeother" => Some(303),
        "gone" => Some(410),
        word => word.parse().ok(),
    };
    let mut args = directive.args.as_slice();
    let mut status = if directive.is("RedirectPermanent") {
        301
    } else {
        302
    };
    if let Some(given) = args.first().and_then(|word| status_of(word)) {
        status = given;
        args = &args[1..];
    }
    let path = args.first().ok_or("`Redirect` lacks a path")?;
    let to = args.get(1).cloned().unwrap_or_default();
    let (pattern, to) = if directive.is("RedirectMatch") {
        (regex(path, Case::Kept)?, to)
    } else {
        let own = crate::template::escape(path.trim_end_matches('/'));
        (
            regex(&format!("^{own}(|/.*)$"), Case::Kept)?,
            format!("{to}$1"),
        )
    };
    Ok(Rule {
        conditions: Vec::new(),
        pattern: Box::new(pattern),
        negated: false,
        to,
        then: Then::Status(status),
        sets: Vec::new(),
        last: true,
        place: directive.place.clone(),
    })
}

/// Fills `$1` of the rule and `%1` of its last condition.
fn filled(text: &str, of_rule: &[String], of_condition: &[String]) -> String {
    let mut value = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let groups = match c {
            '$' => of_rule,
            '%' => of_condition,
            '\\' => {
                value.extend(rest.next());
                continue;
            }
            c => {
                value.push(c);
                continue;
            }
        };
        match rest
            .next_if(char::is_ascii_digit)
            .and_then(|digit| digit.to_digit(10))
        {
            Some(number) => value.push_str(groups.get(number as usize).map_or("", String::as_str)),
            None => value.push(c),
        }
    }
    value
}

fn groups(regex: &Regex, text: &str) -> Option<Vec<String>> {
    let found = regex.captures(text).ok().flatten()?;
    let texts = found
        .iter()
        .map(|group| group.map_or_else(String::new, |group| group.as_str().to_owned()));
    Some(texts.collect())
}

impl Rule {
    /// Whether all conditions hold, those with `OR` as groups; captures of the last that fits.
    fn holds(&self, facts: &Facts<'_>, of_rule: &[String]) -> Result<Option<Vec<String>>, Doubt> {
        let mut captured = Vec::new();
        let mut conditions = self.conditions.iter();
        while let Some(condition) = conditions.next() {
            let open = || {
                let reason = format!(
                    "whether the condition on `{}` holds is not known",
                    condition.text
                );
                Doubt::at(reason, &self.place)
            };
            let text = filled(&condition.text, of_rule, &captured);
            let text = facts.filled(&text).ok_or_else(open)?;
            let found = match &condition.test {
                Test::Fits(regex) => groups(regex, &text),
                Test::Equal(own) => (*own == text).then(Vec::new),
                Test::Open => return Err(open()),
            };
            let holds = found.is_some() != condition.negated;
            if holds {
                if let Some(found) = found {
                    captured = found;
                }
                // The rest of the group needs not be looked at.
                let mut one = condition;
                while one.or_next {
                    match conditions.next() {
                        Some(next) => one = next,
                        None => break,
                    }
                }
            } else if !condition.or_next {
                return Ok(None);
            }
        }
        Ok(Some(captured))
    }
}

/// Runs rules on a path; `subject` is what patterns are compared with.
pub(crate) fn run(
    rules: &[Rule],
    ask: &crate::ask::Ask<'_>,
    path: &str,
    subject: &str,
    env: &mut Env,
) -> Result<Leads, Doubt> {
    let mut subject = subject.to_owned();
    let mut moved = None;
    for rule in rules {
        let found = groups(&rule.pattern, &subject);
        if found.is_some() == rule.negated {
            continue;
        }
        let of_rule = found.unwrap_or_default();
        let facts = Facts {
            ask,
            path,
            env,
            status: None,
        };
        let Some(captured) = rule.holds(&facts, &of_rule)? else {
            continue;
        };
        let value = |text: &str| facts.filled(&filled(text, &of_rule, &captured));
        let sets: Vec<_> = rule
            .sets
            .iter()
            .map(|(name, text)| (name.clone(), value(text)))
            .collect();
        let to = value(&rule.to);
        env.extend(sets);
        match rule.then {
            Then::Status(status @ 300..=399) => {
                let to = to.ok_or_else(|| {
                    Doubt::at("where the redirect leads is not known", &rule.place)
                })?;
                return Ok(Leads::Status(status, Some(to), rule.place.clone()));
            }
            Then::Status(status) => return Ok(Leads::Status(status, None, rule.place.clone())),
            Then::Proxy => return Ok(Leads::Proxy(rule.place.clone())),
            Then::Path if rule.to == "-" => {}
            Then::Path => {
                subject =
                    to.ok_or_else(|| Doubt::at("where the rule leads is not known", &rule.place))?;
                moved = Some((subject.clone(), rule.place.clone()));
            }
        }
        if rule.last {
            break;
        }
    }
    Ok(match moved {
        Some((to, place)) => Leads::Elsewhere(to, place),
        None => Leads::On,
    })
}
