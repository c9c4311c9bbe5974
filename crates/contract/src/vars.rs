//! `${NAME}` in a contract: tokens that must not stand in a repository.

use std::collections::BTreeMap;

/// What `${NAME}` stands for. Values are never printed.
#[derive(Clone, Default)]
pub struct Vars(BTreeMap<String, String>);

impl std::fmt::Debug for Vars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(String, String)> for Vars {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Vars {
    /// `text` with every `${NAME}` replaced. A `$` that no brace follows stands for itself.
    ///
    /// # Errors
    /// What is missing or left open.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| "`${` without `}`".to_owned())?;
            let value = self.0.get(name).ok_or_else(|| {
                format!("`${{{name}}}` is not set: give it with --var {name}=VALUE or in the environment")
            })?;
            out.push_str(before);
            out.push_str(value);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}
