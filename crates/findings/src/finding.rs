//! One thing that is wrong, and the rule that says so.

/// How bad a finding is. The words are those of SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing; nothing breaks.
    Note,
    /// Breaks for someone, or helps an attacker who has something else already.
    Warning,
    /// Breaks for everybody, or gives away what it should keep.
    Error,
}

impl Level {
    /// Every level, the mildest first.
    pub const ALL: &'static [Self] = &[Self::Note, Self::Warning, Self::Error];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level that a word stands for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|level| level.as_str() == text)
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who notices what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Affected {
    /// People with a browser: a page does not work, or another page reads what is theirs.
    BrowserUsers,
    /// Tools that look at headers; no browser does anything else because of it.
    ScannersOnly,
}

impl Affected {
    /// The word for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BrowserUsers => "browser_users",
            Self::ScannersOnly => "scanners_only",
        }
    }

    /// The same for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::BrowserUsers => "users of browsers are affected",
            Self::ScannersOnly => {
                "no user of a browser is affected: only scanners and monitoring notice"
            }
        }
    }
}

/// A rule that findings refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name for machines, which never changes: `wildcard-with-credentials`.
    pub id: &'static str,
    /// Its name for people, one line.
    pub title: &'static str,
    /// What it is about and why that matters.
    pub description: &'static str,
    /// How bad it usually is; a finding may say otherwise.
    pub level: Level,
    /// From 0 to 10 where it is a matter of security, as GitHub sorts by it.
    pub security: Option<&'static str>,
}

/// Where in a repository the thing is written that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceLocation {
    /// Path from the root of the repository, with `/`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl std::fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that says so.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub level: Level,
    /// What is wrong, in one to four sentences.
    pub message: String,
    /// What was asked and answered, a line each.
    pub evidence: Vec<String>,
    /// What to change, most specific first.
    pub fix: Vec<String>,
    /// Tells findings of one rule in one case apart; the same in every run that finds the same.
    pub key: String,
    /// Where it is, if that is told more exactly than by the case.
    pub place: Option<SourceLocation>,
    /// Who notices, where that is a question.
    pub affects: Option<Affected>,
}

impl Finding {
    /// A finding at the rule's own level.
    #[must_use]
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            level: rule.level,
            message: message.into(),
            evidence: Vec::new(),
            fix: Vec::new(),
            key: String::new(),
            place: None,
            affects: None,
        }
    }

    /// The same, noticed by `affected`.
    #[must_use]
    pub const fn affecting(mut self, affected: Affected) -> Self {
        self.affects = Some(affected);
        self
    }

    /// The same, as bad as `level`.
    #[must_use]
    pub const fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same, with what was asked and answered.
    #[must_use]
    pub fn shown_by(mut self, evidence: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.evidence.extend(evidence.into_iter().map(Into::into));
        self
    }

    /// The same, with a change that mends it.
    #[must_use]
    pub fn mended_by(mut self, fix: impl Into<String>) -> Self {
        self.fix.push(fix.into());
        self
    }

    /// The same, with changes that together mend it.
    #[must_use]
    pub fn mended_by_all(mut self, fixes: impl IntoIterator<Item = String>) -> Self {
        self.fix.extend(fixes);
        self
    }

    /// The same, told apart from others of its rule by `key`.
    #[must_use]
    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }
}
