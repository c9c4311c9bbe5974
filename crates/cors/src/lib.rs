//! The CORS protocol of the Fetch standard as a pure function: exchange to verdict, as Chromium
//! enforces it.
//!
//! **Promises.** [`judge`] decides whether the page gets its response, at which stage and by which rule, in
//! the names of Chromium's `network.mojom.CorsError`; [`judge_as`] decides as Firefox and WebKit do. [`next()`]
//! says which message a browser sends next, so that a client can walk a preflight and redirects.
//! Each rule cites the section of Fetch, or the browser's source where that differs.
//!
//! ```
//! use cors::{Answer, CorsError, Credentials, Exchange, Headers, Hop, Mode, Request, RequestParts, Ruling, judge};
//!
//! let request = Request::new(RequestParts {
//!     page_origin: "https://shop.example",
//!     url: "https://api.example/cart",
//!     method: "GET",
//!     mode: Mode::Cors,
//!     credentials: Credentials::Include,
//!     headers: Headers::new(),
//! })?;
//! let headers = [("Access-Control-Allow-Origin", "*")].into_iter().collect();
//! let response = Some(Answer { status: 200, headers });
//! let hops = vec![Hop { url: "https://api.example/cart".to_owned(), preflight: None, response }];
//! let judgement = judge(&Exchange { request, hops });
//! assert_eq!(judgement.ruling, Ruling::Blocked);
//! assert_eq!(judgement.error, Some(CorsError::WildcardOriginNotAllowed));
//! # Ok::<(), cors::NotAnExchange>(())
//! ```
//!
//! **Never.** It does no I/O, reads no clock, keeps no preflight cache between calls, and has no words for
//! people: those are in the crate `explain`.
#![forbid(unsafe_code)]

mod access;
pub mod cache;
mod exchange;
mod expose;
mod header;
mod judge;
mod judgement;
mod max_age;
mod message;
mod order;
mod preflight;
mod redirect;
mod safelist;
mod word;

pub use exchange::{Answer, Exchange, Hop, NotAnExchange, Request, RequestParts};
pub use expose::readable;
pub use header::{Headers, is_token, trim};
pub use judge::{judge, judge_as};
pub use judgement::{Judgement, Scene};
pub use message::{Message, next};
pub use preflight::Question;
pub use redirect::{BadRedirect, is_blocked_port};
pub use safelist::{is_forbidden_header, is_safelisted};
pub use web::Origin;
pub use word::{CorsError, Credentials, Engine, Mode, Ruling, Stage};
