//! One request of a contract, with what must come of it.

use cors::{Exchange, Request, Stage};
use web::Method;

use crate::expect::Expect;

/// How far a request is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// As a browser does: preflight, request, redirects.
    Whole,
    /// The preflight and no further: the request itself may change something at the server.
    PreflightOnly,
}

/// One request with what must come of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Name, unique in its file.
    pub name: String,
    /// Line of the request in the file, from 1.
    pub line: usize,
    /// What the page asks.
    pub request: Request,
    /// How far it is carried.
    pub reach: Reach,
    /// What must come of it.
    pub expect: Expect,
}

/// Methods that change nothing (RFC 9110, section 9.2.1).
pub(crate) fn is_safe(method: &str) -> bool {
    Method::read(method).is_ok_and(|method| method.is_safe())
}

/// Whether the browser asks before it sends this request.
pub(crate) fn is_preflighted(request: &Request) -> bool {
    let nothing_answered = Exchange {
        request: request.clone(),
        hops: Vec::new(),
    };
    cors::judge(&nothing_answered).scene.missing == Some(Stage::Preflight)
}
