//! The web's own vocabulary, defined once: origins, patterns of origins, methods, header names,
//! endpoint templates, and what a request says of its bounds.
//!
//! **Promises.** Every value is what browsers put on the wire: an [`Origin`] is serialised as HTML
//! says, a [`Method`] is normalised as Fetch says, a [`HeaderName`] is a token in lower case, and an
//! [`EndpointTemplate`] is what the SDK sends (`sdk-js/src/template.ts`; both walk the examples in
//! `schemas/endpoints/examples.json`). What no browser sends is refused with an error that says what
//! to write instead. The checks that the edge makes for every row ([`Origin::check`],
//! [`EndpointTemplate::check`], [`Method::read`]) borrow and, for anything but IPv6 addresses,
//! international names and percent-encoded paths, allocate nothing.
//!
//! ```
//! use web::{EndpointTemplate, GraphqlPaths, Method, OriginPattern, RequestPath, Schemes};
//!
//! let pages = OriginPattern::read("https://*.shop.example", Schemes::Any)?;
//! assert!(pages.admits("https://eu.shop.example"));
//! assert!(OriginPattern::read("https://*.co.uk", Schemes::Any).is_err());
//! assert_eq!(Method::read("post")?.as_str(), "POST");
//! let cart = EndpointTemplate::read("/carts/:id")?;
//! assert!(cart.matches("/carts/7"));
//! let graphql = GraphqlPaths::default();
//! let asked = RequestPath::of("/graphql/GetCart", "POST", &graphql)?;
//! assert_eq!(asked, RequestPath::Real("/graphql".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Never.** It does no I/O, reads no clock and no configuration, depends on no other crate of the
//! workspace, and knows nothing of CORS, of beacons or of policies.
#![forbid(unsafe_code)]

mod endpoint;
mod framing;
mod graphql;
mod header_name;
mod host;
mod method;
mod misread;
mod origin;
mod pattern;
mod prefix;
mod request_path;
mod token;

pub use endpoint::{EndpointTemplate, NotAnEndpoint, OTHER, Part, Segment};
pub use framing::{BadFraming, framing};
pub use graphql::{GraphqlPaths, Operation};
pub use header_name::{HeaderName, NotAHeaderName};
pub use method::{Method, NotAMethod};
pub use misread::Misread;
pub use origin::{NotAnOrigin, Origin, Schemes};
pub use pattern::{NotAPattern, OriginPattern, PublicSuffix, mistake};
pub use prefix::PathPrefix;
pub use request_path::RequestPath;
pub use token::{is_token, is_token_byte};
