//! GraphQL operations as endpoints.
//!
//! All operations of a GraphQL server are sent to one path. The SDK, told so (`graphql:
//! ["/graphql"]`), reads the operation's name from the body and reports `/graphql/GetCart`: the path
//! and behind it, as one more segment, the name. This is the one spelling. No server answers at that
//! path, so whoever asks has to know which endpoints are operations:
//!
//! * the segments before the name are a GraphQL path: one that ends with `/graphql`, as GraphQL over
//!   HTTP recommends (section "URL"), or one that the configuration names as the SDK's does;
//! * the last segment is a name as the SDK takes it: 1 to 64 letters, digits and underscores;
//! * the request has a body. `GET /graphql/schema` is a path.

use crate::method::Method;

/// The last segment of a path that is taken for GraphQL without being configured.
const RECOMMENDED: &str = "/graphql";
/// Longest name of an operation that the SDK reports, in characters.
const MAX_NAME: usize = 64;

/// The paths to which GraphQL operations are sent: those that end with `/graphql`, and others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GraphqlPaths(Vec<String>);

/// A GraphQL operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// Where it is sent.
    pub path: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl GraphqlPaths {
    /// The paths that end with `/graphql` and `others`, as the SDK's option `graphql` lists them.
    #[must_use]
    pub fn with(others: impl IntoIterator<Item = String>) -> Self {
        Self(others.into_iter().collect())
    }

    /// The operation that `endpoint` stands for where it was called with `method`.
    #[must_use]
    pub fn operation<'a>(&self, endpoint: &'a str, method: &str) -> Option<Operation<'a>> {
        let (path, name) = endpoint.rsplit_once('/')?;
        let is_name = (1..=MAX_NAME).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let has_body = Method::read(method).is_ok_and(|method| method.may_have_body());
        let is_graphql = || path.ends_with(RECOMMENDED) || self.0.iter().any(|one| one == path);
        (is_name && has_body && is_graphql()).then_some(Operation { path, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_a_name_behind_a_graphql_path_in_a_request_with_a_body() {
        let paths = GraphqlPaths::with(["/api/query".to_owned()]);
        let cases = [
            ("/graphql/GetCart", "POST", Some(("/graphql", "GetCart"))),
            (
                "/api/v1/graphql/_get_2",
                "post",
                Some(("/api/v1/graphql", "_get_2")),
            ),
            (
                "/api/query/GetCart",
                "POST",
                Some(("/api/query", "GetCart")),
            ),
            ("/graphql/GetCart", "GET", None),
            ("/graphql/GetCart", "HEAD", None),
            ("/graphql", "POST", None),
            ("/graphql/", "POST", None),
            ("/graphql/:id", "POST", None),
            ("/graphql/get-cart", "POST", None),
            ("/graphql/GetCart/more", "POST", None),
            ("/notgraphql/GetCart", "POST", None),
            ("/query/GetCart", "POST", None),
            ("/__other__", "POST", None),
        ];
        for (endpoint, method, expected) in cases {
            let found = paths.operation(endpoint, method);
            let found = found.map(|operation| (operation.path, operation.name));
            assert_eq!(found, expected, "{method} {endpoint}");
        }
        let long = format!("/graphql/{}", "a".repeat(MAX_NAME + 1));
        assert_eq!(paths.operation(&long, "POST"), None);
    }
}
