//! Where a question about an endpoint goes.

use web::{
    EndpointTemplate, GraphqlPaths, Misread, NotAnEndpoint, OriginPattern, RequestPath, Schemes,
};

/// A path that stands for an endpoint template.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// Origin pattern; empty for every origin.
    pub origin: &'a str,
    /// Template.
    pub endpoint: &'a str,
    /// The path that is asked.
    pub path: &'a str,
}

/// What the configuration says of paths: samples for endpoint templates, and where operations of
/// GraphQL are sent.
#[derive(Debug, Clone, Default)]
pub struct KnownPaths {
    samples: Vec<KnownSample>,
    graphql: GraphqlPaths,
}

#[derive(Debug, Clone)]
struct KnownSample {
    /// Every origin where there is none.
    origins: Option<OriginPattern>,
    endpoint: EndpointTemplate,
    path: String,
}

/// Where a question about an endpoint goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeTarget {
    /// The URL.
    pub url: String,
    /// Segments of the path are stand-ins: the server may not know them.
    pub made_up: bool,
}

/// Why an endpoint cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPath {
    /// It stands for many.
    #[error(
        "{} stands for the endpoints past a limit, and no path leads to it: list endpoints in \
         apps.endpoints, or a path for it in prober.samples",
        EndpointTemplate::OTHER
    )]
    Many,
    /// No browser sends such a path.
    #[error("`{endpoint}` is not a path that browsers send: {problem}")]
    Malformed {
        /// The endpoint.
        endpoint: String,
        /// What is wrong with it.
        problem: NotAnEndpoint,
    },
    /// Some servers read it as another one.
    #[error(
        "`{endpoint}` may lead elsewhere: {problem}. A path for it in `[[prober.samples]]` is asked instead"
    )]
    Misread {
        /// The endpoint.
        endpoint: String,
        /// What is wrong with it.
        problem: Misread,
    },
}

impl KnownPaths {
    /// What a configuration that has been checked says; a sample that cannot be read is none.
    #[must_use]
    pub fn new<'a>(samples: impl IntoIterator<Item = Sample<'a>>, graphql: &[String]) -> Self {
        let read = |sample: Sample<'_>| {
            let origins = match sample.origin {
                "" => None,
                origin => Some(OriginPattern::read(origin, Schemes::Web).ok()?),
            };
            Some(KnownSample {
                origins,
                endpoint: EndpointTemplate::read(sample.endpoint).ok()?,
                path: sample.path.to_owned(),
            })
        };
        Self {
            samples: samples.into_iter().filter_map(read).collect(),
            graphql: GraphqlPaths::with(graphql.iter().cloned()),
        }
    }

    /// The endpoint that an operation of GraphQL is sent to; any other is itself.
    #[must_use]
    pub fn asked_as<'a>(&self, endpoint: &'a str, method: &str) -> &'a str {
        let operation = self.graphql.operation(endpoint, method);
        operation.map_or(endpoint, |operation| operation.path)
    }

    fn sample(&self, origin: &str, endpoint: &EndpointTemplate) -> Option<&str> {
        let is_of = |sample: &&KnownSample| {
            let origins = sample.origins.as_ref();
            sample.endpoint == *endpoint && origins.is_none_or(|origins| origins.admits(origin))
        };
        let sample = self.samples.iter().find(is_of)?;
        Some(&sample.path)
    }
}

impl ProbeTarget {
    /// The URL for an endpoint that is called with `method`: the configured sample, the path that an
    /// operation of GraphQL is sent to, or the template with stand-ins.
    ///
    /// # Errors
    /// No path leads to it.
    pub fn of(
        origin: &str,
        endpoint: &str,
        method: &str,
        known: &KnownPaths,
    ) -> Result<Self, NoPath> {
        let malformed = |problem| NoPath::Malformed {
            endpoint: endpoint.to_owned(),
            problem,
        };
        let template = EndpointTemplate::read(endpoint).map_err(malformed)?;
        let (path, made_up) = match known.sample(origin, &template) {
            Some(sample) => (sample.to_owned(), false),
            None if let Some(problem) = Misread::of(endpoint) => {
                let endpoint = endpoint.to_owned();
                return Err(NoPath::Misread { endpoint, problem });
            }
            None => match RequestPath::of(endpoint, method, &known.graphql).map_err(malformed)? {
                RequestPath::Real(path) => (path, false),
                RequestPath::StandIn(path) => (path, true),
                RequestPath::None => return Err(NoPath::Many),
            },
        };
        Ok(Self {
            url: format!("{origin}{path}"),
            made_up,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(origin: &'static str, endpoint: &'static str, path: &'static str) -> Sample<'static> {
        Sample {
            origin,
            endpoint,
            path,
        }
    }

    #[test]
    fn an_endpoint_becomes_a_path_by_its_sample_its_operation_or_by_stand_ins() {
        let samples = [
            sample("https://other.test", "/cart/:id", "/cart/other"),
            sample("", "/user/:name", "/user/probe?x=1"),
            sample("https://*.test", "/wild/:id", "/wild/7"),
        ];
        let known = KnownPaths::new(samples, &["/api/query".to_owned()]);
        for (method, endpoint, path, made_up) in [
            ("GET", "/items", "/items", false),
            ("GET", "/cart/:id", "/cart/1", true),
            ("GET", "/cart/:id/lines/:line", "/cart/1/lines/1", true),
            ("GET", "/report/:id.pdf", "/report/1.pdf", true),
            ("GET", "/files/*", "/files/1", true),
            ("GET", "/user/:id", "/user/probe?x=1", false),
            ("GET", "/wild/:id", "/wild/7", false),
            ("POST", "/graphql/GetCart", "/graphql", false),
            ("POST", "/api/query/GetCart", "/api/query", false),
            ("POST", "/api/other/GetCart", "/api/other/GetCart", false),
            ("GET", "/graphql/schema", "/graphql/schema", false),
            ("POST", "/graphql/:id", "/graphql/1", true),
            ("GET", "/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h", true),
        ] {
            let found = ProbeTarget::of("https://api.test", endpoint, method, &known);
            let url = format!("https://api.test{path}");
            assert_eq!(
                found,
                Ok(ProbeTarget { url, made_up }),
                "{method} {endpoint}"
            );
        }
    }

    #[test]
    fn what_no_path_leads_to_is_not_asked() {
        let known = KnownPaths::default();
        let of = |endpoint| ProbeTarget::of("https://api.test", endpoint, "GET", &known);
        assert_eq!(of("/__other__"), Err(NoPath::Many));
        for endpoint in [
            "/cart/../admin",
            "/cart/%2e%2e/admin",
            "/cart\\..\\admin",
            "cart",
        ] {
            let refused = matches!(of(endpoint), Err(NoPath::Malformed { .. }));
            assert!(refused, "{endpoint}");
        }
        for endpoint in ["/cart/%00", "/cart/%c0%ae%c0%ae/admin", "/cart/%u002e"] {
            let refused = matches!(of(endpoint), Err(NoPath::Misread { .. }));
            assert!(refused, "{endpoint}");
        }
        let samples = [sample("", "/__other__", "/health")];
        let known = KnownPaths::new(samples, &[]);
        let found = ProbeTarget::of("https://api.test", "/__other__", "GET", &known);
        let url = "https://api.test/health".to_owned();
        assert_eq!(
            found,
            Ok(ProbeTarget {
                url,
                made_up: false
            })
        );
    }
}
