//! Sections: what is for some requests only.

use fancy_regex::Regex;

use super::condition::Expression;
use super::directive::Directive;
use super::header::{Header, Setting};
use super::rewrite::{self, Rule};
use crate::nginx::{Case, regex};
use crate::place::{Problem, SourceLocation, problem};
use crate::template::example;

/// Where rules of rewriting stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// A server: before it is known which file answers.
    Server,
    /// A folder: afterwards.
    Folder,
}

/// A section, or what stands outside of all.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    pub(crate) headers: Vec<Header>,
    pub(crate) settings: Vec<Setting>,
    pub(crate) rules: Vec<Rule>,
    /// `Redirect`, which comes after `ProxyPass`.
    pub(crate) redirects: Vec<Rule>,
    pub(crate) access: Option<Access>,
    pub(crate) handler: Option<Handler>,
    pub(crate) root: Option<String>,
    pub(crate) errors: Vec<(u16, SourceLocation)>,
    pub(crate) inner: Vec<Self>,
    pub(crate) place: SourceLocation,
}

/// What a section is about.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Outside,
    Folder(String),
    FolderMatch(Box<Regex>),
    Files(String),
    FilesMatch(Box<Regex>),
    Location(String),
    LocationMatch(Box<Regex>),
    If(Expression),
    Else,
    /// `<Limit>`: these methods; `<LimitExcept>`: all others.
    Methods(Vec<String>, Listed),
    /// About something that is not known.
    Open(String),
}

/// Whether a list of methods is of those that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    Those,
    Others,
}

/// Who gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    All,
    Nobody,
    Login,
    /// By something else.
    Some,
}

/// What answers.
#[derive(Debug, Clone)]
pub(crate) enum Handler {
    /// A server behind, below a path.
    Proxy(String, SourceLocation),
    /// None of them below the path.
    Local(String),
    Opaque(String, SourceLocation),
}

impl Section {
    pub(crate) fn read(
        directives: &[Directive],
        level: Level,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let place = directives.first().map(|one| one.place.clone());
        let mut section = Self {
            kind: Kind::Outside,
            level,
            headers: Vec::new(),
            settings: Vec::new(),
            rules: Vec::new(),
            redirects: Vec::new(),
            access: None,
            handler: None,
            root: None,
            errors: Vec::new(),
            inner: Vec::new(),
            place: place.unwrap_or_else(|| SourceLocation {
                file: "".into(),
                line: 1,
            }),
        };
        let read = [
            (rewrite::rules(directives), &mut section.rules),
            (rewrite::redirects(directives), &mut section.redirects),
        ];
        for (found, rules) in read {
            match found {
                Ok(found) => *rules = found,
                Err((place, reason)) => problem(problems, &place, reason),
            }
        }
        for one in directives {
            if one.section {
                section.inner.extend(Self::inner(one, level, problems));
            } else if let Err(reason) = section.take(one) {
                problem(problems, &one.place, reason);
            }
        }
        section
    }

    fn inner(directive: &Directive, level: Level, problems: &mut Vec<Problem>) -> Option<Self> {
        let is_regex = directive.arg(0) == "~";
        let text = directive.arg(usize::from(is_regex)).to_owned();
        let expression = || regex(&text, Case::Kept).map(Box::new);
        let name = directive.name.to_ascii_lowercase();
        let kind = match name.as_str() {
            "directory" if !is_regex => Ok(Kind::Folder(text.trim_end_matches('/').to_owned())),
            "directory" | "directorymatch" => expression().map(Kind::FolderMatch),
            "files" if !is_regex => Ok(Kind::Files(text.clone())),
            "files" | "filesmatch" => expression().map(Kind::FilesMatch),
            "location" if !is_regex => Ok(Kind::Location(text.clone())),
            "location" | "locationmatch" => expression().map(Kind::LocationMatch),
            "if" | "elseif" => {
                let text = directive.text.trim();
                let text = text
                    .strip_prefix('"')
                    .and_then(|text| text.strip_suffix('"'))
                    .unwrap_or(text);
                Ok(Kind::If(Expression::read(&text.replace("\\\"", "\""))))
            }
            "else" => Ok(Kind::Else),
            "limit" | "limitexcept" => {
                let listed = if name == "limit" {
                    Listed::Those
                } else {
                    Listed::Others
                };
                let methods = directive.args.iter().map(|name| name.to_ascii_uppercase());
                Ok(Kind::Methods(methods.collect(), listed))
            }
            // `<Proxy>` is about what is behind, `<RequireAll>` and its kin about who gets in.
            "proxy" | "proxymatch" => return None,
            "requireall" | "requireany" | "requirenone" => {
                let mut section = Self::read(&directive.inside, level, problems);
                section.kind = Kind::Methods(Vec::new(), Listed::Others);
                section.access = section.access.map(|_| Access::Some);
                return Some(section);
            }
            other => Ok(Kind::Open(other.to_owned())),
        };
        let level = match &kind {
            Ok(Kind::Folder(_) | Kind::FolderMatch(_) | Kind::Files(_) | Kind::FilesMatch(_)) => {
                Level::Folder
            }
            _ => level,
        };
        match kind {
            Ok(kind) => {
                let mut section = Self::read(&directive.inside, level, problems);
                section.kind = kind;
                section.place = directive.place.clone();
                Some(section)
            }
            Err(reason) => {
                problem(problems, &directive.place, reason);
                None
            }
        }
    }

    fn take(&mut self, directive: &Directive) -> Result<(), String> {
        let place = directive.place.clone();
        match directive.name.to_ascii_lowercase().as_str() {
            "header" => self.headers.push(Header::read(directive)?),
            "setenvif" | "setenvifnocase" | "setenvifexpr" | "browsermatch"
            | "browsermatchnocase" | "setenv" | "unsetenv" => {
                self.settings.push(Setting::read(directive)?);
            }
            "require" => {
                let words: Vec<String> = directive
                    .args
                    .iter()
                    .map(|arg| arg.to_ascii_lowercase())
                    .collect();
                self.access = Some(
                    match words
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .as_slice()
                    {
                        ["all", "granted"] => Access::All,
                        ["all", "denied"] => Access::Nobody,
                        ["valid-user" | "user" | "group", ..] => Access::Login,
                        _ => Access::Some,
                    },
                );
            }
            "deny" if directive.arg(1).eq_ignore_ascii_case("all") => {
                self.access = Some(Access::Nobody)
            }
            "proxypass" => {
                let (path, to) = match directive.args.len() {
                    1 => ("/", directive.arg(0)),
                    _ => (directive.arg(0), directive.arg(1)),
                };
                // The first that fits counts.
                if self.handler.is_none() || matches!(self.kind, Kind::Outside) {
                    let handler = if to == "!" {
                        Handler::Local(path.to_owned())
                    } else {
                        Handler::Proxy(path.to_owned(), place)
                    };
                    self.handlers(handler);
                }
            }
            "proxypassmatch" => self.handlers(Handler::Opaque("ProxyPassMatch".to_owned(), place)),
            "sethandler" => {
                let name = directive.arg(0);
                let handler = if name.starts_with("proxy:") || name.contains("php") {
                    Handler::Proxy("/".to_owned(), place)
                } else {
                    Handler::Opaque(format!("SetHandler {name}"), place)
                };
                self.handlers(handler);
            }
            "documentroot" => self.root = Some(directive.arg(0).trim_end_matches('/').to_owned()),
            "errordocument" => {
                let status = directive.arg(0).parse();
                let status =
                    status.map_err(|_| "`ErrorDocument` begins with a status".to_owned())?;
                self.errors.push((status, place));
            }
            _ => {}
        }
        Ok(())
    }

    /// One more handler: those of a server are tried in order, as sections of their own.
    fn handlers(&mut self, handler: Handler) {
        if self.handler.is_none() {
            self.handler = Some(handler);
            return;
        }
        let mut more = self.clone();
        more.headers.clear();
        more.settings.clear();
        more.rules.clear();
        more.redirects.clear();
        more.inner.clear();
        more.errors.clear();
        more.access = None;
        more.kind = Kind::Outside;
        more.handler = Some(handler);
        self.inner.push(more);
    }

    /// Calls for this and every section in it.
    pub(crate) fn each(&self, call: &mut impl FnMut(&Self)) {
        call(self);
        for inner in &self.inner {
            inner.each(call);
        }
    }

    /// A path that it is about.
    pub(crate) fn path(&self) -> Option<(String, SourceLocation)> {
        let path = match &self.kind {
            Kind::Location(path) if !path.contains(['*', '?']) => path.clone(),
            Kind::LocationMatch(regex) => example(regex)?,
            _ => return None,
        };
        path.starts_with('/').then(|| (path, self.place.clone()))
    }
}
