//! The CORS protocol of the Fetch standard as a pure function: exchange to verdict, as Chromium
//! enforces it.
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
