//! From an endpoint to a path that can be asked for.

use crate::endpoint::{EndpointTemplate, NotAnEndpoint};
use crate::graphql::GraphqlPaths;

/// Stands for a parameter.
const STAND_IN: &str = "1";

/// The path that a request to an endpoint goes to, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestPath {
    /// This one: the endpoint is a path, or a GraphQL operation, which is sent to one.
    Real(String),
    /// One like this: the server may not know it.
    StandIn(String),
    /// None: the endpoint stands for many, [`EndpointTemplate::OTHER`].
    None,
}

impl RequestPath {
    /// The path of an endpoint that was called with `method`.
    ///
    /// # Errors
    /// It is not an endpoint.
    pub fn of(endpoint: &str, method: &str, graphql: &GraphqlPaths) -> Result<Self, NotAnEndpoint> {
        let template = EndpointTemplate::read(endpoint)?;
        if let Some(operation) = graphql.operation(endpoint, method) {
            return Ok(Self::Real(operation.path.to_owned()));
        }
        if template.is_other() {
            return Ok(Self::None);
        }
        let path = template.filled(STAND_IN);
        Ok(match template.is_literal() && !template.may_be_cut() {
            true => Self::Real(path),
            false => Self::StandIn(path),
        })
    }
}
