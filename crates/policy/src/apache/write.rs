//! What `Header` does to an answer.

use super::condition::Facts;
use super::header::{Action, Header, When};
use super::run::Run;
use crate::doubt::Doubt;
use crate::sheet::{Sheet, matters};

impl Run<'_> {
    pub(super) fn apply(
        &self,
        header: &Header,
        sheet: &mut Sheet,
        status: u16,
    ) -> Result<(), Doubt> {
        let doubt = |what: &str| {
            Doubt::at(
                format!("`{}`: {what} is not known", header.name),
                &header.place,
            )
        };
        let facts = self.facts(Some(status));
        let holds = match &header.when {
            When::Ever => Some(true),
            When::Env(name) => match self.env.get(name) {
                None => Some(false),
                Some(value) => value.as_ref().map(|_| true),
            },
            When::NoEnv(name) => match self.env.get(name) {
                None => Some(true),
                Some(value) => value.as_ref().map(|_| false),
            },
            When::Expr(expression) => expression.holds(&facts),
        };
        let holds = match holds {
            Some(holds) => holds,
            None if matters(&header.name) => return Err(doubt("whether its condition holds")),
            None => false,
        };
        if !holds {
            return Ok(());
        }
        let value = match self.value(&header.value, &facts) {
            Some(value) => value,
            None if matters(&header.name) && header.action.gives() => {
                return Err(doubt("its value"));
            }
            None => return Ok(()),
        };
        let (name, place) = (header.name.as_str(), Some(&header.place));
        match &header.action {
            Action::Set => sheet.set(name, value, place),
            Action::SetIfEmpty if sheet.has(name) => {}
            Action::SetIfEmpty | Action::Add => sheet.add(name, value, place),
            Action::Append => sheet.append(name, &value, place),
            Action::Merge => sheet.merge(name, &value, place),
            Action::Unset => sheet.remove(name),
            Action::Edit(regex, by) => {
                let by = by.clone();
                sheet.change(name, |value| regex.replace(value, by.as_str()).into_owned());
            }
            Action::Nothing => {}
        }
        Ok(())
    }

    /// A value: `%{name}e` is a variable, `expr=` an expression of strings.
    fn value(&self, text: &str, facts: &Facts<'_>) -> Option<String> {
        if let Some(text) = text.strip_prefix("expr=") {
            return facts.filled(text);
        }
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            value.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                value.push('%');
                rest = after;
                continue;
            }
            let (name, behind) = after.strip_prefix('{')?.split_once('}')?;
            let behind = behind.strip_prefix('e')?;
            match self.env.get(name) {
                None => value.push_str("(null)"),
                Some(known) => value.push_str(known.as_ref()?),
            }
            rest = behind;
        }
        value.push_str(rest);
        Some(value)
    }
}
