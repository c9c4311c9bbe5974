//! What seen requests need, by host and endpoint.

use std::collections::{BTreeMap, BTreeSet};

use cors::{Credentials, Exchange, Headers, Origin};
use url::Url;

use super::{comment_line, joined};
use crate::form::Form;
use crate::predict::request;
use crate::shape::Shape;
use crate::template::Path;

/// What one origin needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    pub(crate) methods: BTreeSet<String>,
    pub(crate) headers: BTreeSet<String>,
    pub(crate) expose: BTreeSet<String>,
    pub(crate) credentials: bool,
}

impl Need {
    /// This and the other.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        self.methods.extend(other.methods.iter().cloned());
        self.headers.extend(other.headers.iter().cloned());
        self.expose.extend(other.expose.iter().cloned());
        self.credentials |= other.credentials;
        self
    }
}

/// Requests, and those of them that pass today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) passing: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.passing += other.passing;
    }

    /// In words.
    pub(crate) fn text(self) -> String {
        format!(
            "{} requests seen, {} of them pass today",
            self.requests, self.passing
        )
    }
}

/// Endpoints in which everybody needs the same.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) paths: BTreeSet<Path>,
    pub(crate) origins: BTreeMap<String, Need>,
    pub(crate) counts: BTreeMap<String, Count>,
    pub(crate) service: String,
}

impl Group {
    /// Origins with the same needs.
    pub(crate) fn by_need(&self) -> Vec<(&Need, Vec<&String>)> {
        let mut all: BTreeMap<&Need, Vec<&String>> = BTreeMap::new();
        for (origin, need) in &self.origins {
            all.entry(need).or_default().push(origin);
        }
        all.into_iter().collect()
    }

    /// What all of them need together.
    pub(crate) fn together(&self) -> Need {
        self.origins.values().fold(Need::default(), Need::with)
    }

    /// How much was seen from some origins.
    pub(crate) fn count<'a>(&self, origins: impl IntoIterator<Item = &'a String>) -> Count {
        let mut sum = Count::default();
        for origin in origins {
            sum.add(self.counts.get(origin).copied().unwrap_or_default());
        }
        sum
    }

    /// A comment about origins that nothing passes from today.
    pub(crate) fn doubtful(&self) -> Vec<String> {
        let never = self.counts.iter().filter(|(_, count)| count.passing == 0);
        never
            .map(|(origin, count)| {
                format!(
                    "{origin}: none of its {} requests pass today. Is it meant to be allowed?",
                    count.requests
                )
            })
            .collect()
    }

    /// The service behind it.
    pub(crate) fn service(&self) -> &str {
        match self.service.as_str() {
            "" => "your-service",
            service => service,
        }
    }

    fn merge(&mut self, other: Self) {
        self.paths.extend(other.paths);
        for (origin, need) in other.origins {
            let own = self.origins.remove(&origin).unwrap_or_default();
            self.origins.insert(origin, own.with(&need));
        }
        for (origin, count) in other.counts {
            self.counts.entry(origin).or_default().add(count);
        }
    }
}

/// What is said where a platform has one list for origins that need different things.
pub(super) fn needs_comment(group: &Group, platform: &str, indent: &str) -> String {
    let by_need = group.by_need();
    if by_need.len() < 2 {
        return String::new();
    }
    let mut text = format!(
        "{indent}{}",
        comment_line(&format!(
            "{platform} has one list for all origins, which need different things:"
        ))
    );
    for (need, origins) in by_need {
        let line = comment_line(&format!(
            "  {}: methods [{}], headers [{}], exposed [{}], credentials {}",
            joined(origins),
            joined(&need.methods),
            joined(&need.headers),
            joined(&need.expose),
            need.credentials
        ));
        text.push_str(&format!("{indent}{line}"));
    }
    text
}

/// The groups of a host.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) groups: Vec<Group>,
}

impl Host {
    /// Merges groups that a form cannot keep apart: `pick` says which group a path would get. The
    /// value is whether it had to.
    pub(crate) fn settle(&mut self, pick: impl Fn(&[Group], &str) -> Option<usize>) -> bool {
        let mut merged = false;
        while let Some((one, other)) = self.mixed(&pick) {
            let (low, high) = (one.min(other), one.max(other));
            let group = self.groups.remove(high);
            self.groups[low].merge(group);
            merged = true;
        }
        merged
    }

    fn mixed(&self, pick: &impl Fn(&[Group], &str) -> Option<usize>) -> Option<(usize, usize)> {
        for (number, group) in self.groups.iter().enumerate() {
            for path in group.paths.iter().flat_map(Path::stand_ins) {
                match pick(&self.groups, &path) {
                    Some(found) if found != number => return Some((number, found)),
                    _ => {}
                }
            }
        }
        None
    }
}

type LeftOut = Vec<(Shape, String)>;

/// Sorts shapes into hosts and groups.
pub(crate) fn hosts(form: Form, shapes: &[Shape]) -> (Vec<Host>, LeftOut) {
    let mut left_out = LeftOut::new();
    let mut found: BTreeMap<String, BTreeMap<Path, Group>> = BTreeMap::new();
    for shape in shapes {
        let (host, path, need) = match needed(form, shape) {
            Ok(Some(needed)) => needed,
            Ok(None) => continue,
            Err(reason) => {
                left_out.push((shape.clone(), reason));
                continue;
            }
        };
        let group = Group {
            paths: BTreeSet::from([path.clone()]),
            origins: BTreeMap::from([(shape.page_origin.clone(), need)]),
            counts: BTreeMap::from([(
                shape.page_origin.clone(),
                Count {
                    requests: shape.count,
                    passing: shape.passing(),
                },
            )]),
            service: shape.service.clone(),
        };
        match found.entry(host).or_default().entry(path) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(group);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().merge(group),
        }
    }
    let hosts = found.into_iter().map(|(name, paths)| {
        let mut groups: Vec<Group> = Vec::new();
        for group in paths.into_values() {
            match groups
                .iter_mut()
                .find(|other| other.origins == group.origins)
            {
                Some(other) => other.merge(group),
                None => groups.push(group),
            }
        }
        Host { name, groups }
    });
    (hosts.collect(), left_out)
}

/// What a shape needs, where it needs anything; an error where no policy of the form can let it pass.
fn needed(form: Form, shape: &Shape) -> Result<Option<(String, Path, Need)>, String> {
    match Origin::parse(&shape.page_origin) {
        Some(Origin::Opaque) => {
            return Err("`null` is the origin of every sandboxed page".to_owned());
        }
        None => return Err("the page's origin is none".to_owned()),
        Some(Origin::Tuple(origin)) if origin != shape.page_origin => {
            return Err("the page's origin is not as browsers send it".to_owned());
        }
        Some(Origin::Tuple(origin)) => {
            let of_web = origin.starts_with("http://") || origin.starts_with("https://");
            if !of_web && matches!(form, Form::IngressNginx | Form::GatewayApi) {
                return Err("the form takes http and https origins only".to_owned());
            }
        }
    }
    let path = Path::of(&shape.endpoint, &shape.method).map_err(|problem| problem.to_string())?;
    let stand_in = path.stand_ins().into_iter().next().unwrap_or_default();
    let safe = |c: char| c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@".contains(c);
    if !shape.endpoint.is_ascii() || !stand_in.chars().all(safe) || stand_in.contains("//") {
        return Err("the endpoint holds characters that no path in a policy should".to_owned());
    }
    let request = request(shape, &stand_in)?;
    let url = Url::parse(request.url().as_str()).map_err(|error| error.to_string())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if url.path() != stand_in {
        return Err("the endpoint is not a path as browsers send it".to_owned());
    }
    if request.page_origin().is_same(&url) {
        return Ok(None);
    }
    let credentials = request.credentials() == Credentials::Include;
    let exchange = Exchange {
        request,
        hops: Vec::new(),
    };
    let message = cors::next(&exchange).ok_or("no browser sends it")?;
    let mut need = Need {
        credentials,
        ..Need::default()
    };
    if let Some(question) = message.question {
        if !matches!(question.method.as_str(), "GET" | "HEAD" | "POST") {
            need.methods.insert(question.method);
        }
        let names = question.headers.unwrap_or_default();
        need.headers.extend(
            names
                .split(',')
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        );
    }
    need.expose.extend(
        shape
            .reads
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .filter(|name| is_to_expose(name)),
    );
    match refused(form, &need) {
        Some(reason) => Err(reason.to_owned()),
        None => Ok(Some((host, path, need))),
    }
}

/// Why a form cannot let a need pass, whatever stands in it.
fn refused(form: Form, need: &Need) -> Option<&'static str> {
    let has_other = |known: &[&str]| {
        let mut methods = need.methods.iter();
        methods.any(|method| !known.contains(&method.as_str()))
    };
    match form {
        Form::S3 if has_other(&["PUT", "DELETE"]) => {
            Some("a rule of S3 takes GET, HEAD, POST, PUT and DELETE only")
        }
        Form::Gcs if need.credentials => Some("Google Cloud Storage allows no credentials"),
        Form::AzureAppService if !need.expose.is_empty() => {
            Some("App Service exposes no response headers")
        }
        _ => None,
    }
}

/// Whether a response header is readable where it is exposed, and only there.
fn is_to_expose(name: &str) -> bool {
    let bare: Headers = [(name, "")].into_iter().collect();
    let exposed: Headers = [(name, ""), ("access-control-expose-headers", name)]
        .into_iter()
        .collect();
    cors::readable(&bare, Credentials::Include).is_empty()
        && cors::readable(&exposed, Credentials::Include).contains(&name.to_owned())
}
