//! Which sections are about a request, and in which order they are merged.

use super::run::{Run, is_below};
use super::section::{Kind, Listed, Section};
use crate::doubt::Doubt;

impl<'a> Run<'a> {
    /// The sections about the request in the order in which they are merged: the server, folders,
    /// files, locations, conditions.
    pub(super) fn sections(&self) -> Result<Vec<&'a Section>, Doubt> {
        let mut found: Vec<(u8, usize, &'a Section)> = Vec::new();
        let root = self
            .servers
            .iter()
            .rev()
            .find_map(|server| server.root.as_deref());
        for server in &self.servers {
            found.push((0, 0, server));
        }
        for server in &self.servers {
            let mut then = None;
            for section in &server.inner {
                self.sort_in(section, root, &mut then, &mut found)?;
            }
        }
        found.sort_by_key(|(kind, length, _)| (*kind, *length));
        Ok(found.into_iter().map(|(.., section)| section).collect())
    }

    fn sort_in(
        &self,
        section: &'a Section,
        root: Option<&str>,
        then: &mut Option<bool>,
        found: &mut Vec<(u8, usize, &'a Section)>,
    ) -> Result<(), Doubt> {
        let Some((kind, length)) = self.rank(section, root, then)? else {
            return Ok(());
        };
        found.push((kind, length, section));
        let mut inner_then = None;
        for inner in &section.inner {
            let Some((own, _)) = self.rank(inner, root, &mut inner_then)? else {
                continue;
            };
            // A section in another is merged with it.
            let own = if own == 0 { kind } else { own.max(kind) };
            found.push((own, length, inner));
        }
        Ok(())
    }

    /// Whether a section is about the request, and when it is merged.
    fn rank(
        &self,
        section: &Section,
        root: Option<&str>,
        then: &mut Option<bool>,
    ) -> Result<Option<(u8, usize)>, Doubt> {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        let folder = root.map(|root| format!("{root}{}", self.path));
        let is = |regex: &fancy_regex::Regex, text: &str| regex.is_match(text).unwrap_or(false);
        let unknown = |what: &str| {
            Doubt::at(
                format!("whether the section `{what}` is about the request is not known"),
                &section.place,
            )
        };
        Ok(match &section.kind {
            Kind::Outside => Some((0, 0)),
            Kind::Folder(path) if path.contains(['*', '?']) => return Err(unknown("Directory")),
            Kind::Folder(path) => {
                // Without a root the folder is taken to hold what is asked for.
                let fits = folder.as_ref().is_none_or(|folder| is_below(path, folder));
                fits.then_some((1, path.len()))
            }
            Kind::FolderMatch(regex) => match &folder {
                Some(folder) => is(regex, folder).then_some((2, 0)),
                None => return Err(unknown("DirectoryMatch")),
            },
            Kind::Files(name) if name.contains(['*', '?']) => return Err(unknown("Files")),
            Kind::Files(name) => (name == file).then_some((3, 0)),
            Kind::FilesMatch(regex) => is(regex, file).then_some((3, 0)),
            Kind::Location(path) if path.contains(['*', '?']) => return Err(unknown("Location")),
            Kind::Location(path) => is_below(path, &self.path).then_some((4, 0)),
            Kind::LocationMatch(regex) => is(regex, &self.path).then_some((4, 0)),
            Kind::If(expression) => {
                if *then == Some(true) {
                    return Ok(None);
                }
                let holds = expression
                    .holds(&self.facts(None))
                    .ok_or_else(|| unknown("If"))?;
                *then = Some(holds);
                holds.then_some((5, 0))
            }
            Kind::Else => (*then == Some(false)).then_some((5, 0)),
            Kind::Methods(methods, listed) => {
                let is_listed = methods.iter().any(|method| method == self.ask.method)
                    || self.ask.method == "HEAD" && methods.iter().any(|method| method == "GET");
                (is_listed == (*listed == Listed::Those)).then_some((0, 0))
            }
            Kind::Open(name) => return Err(unknown(name)),
        })
    }
}
