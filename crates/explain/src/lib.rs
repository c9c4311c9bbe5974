//! What a recorded exchange means: the verdict of the engine (`cors`) in words, from JSON lines, HAR
//! files and dumps of command line tools, and the least change after which it passes.
//!
//! **Promises.** Bytes in, values out. A HAR file or a dump that can be read in part is judged in part, and what
//! cannot be read is listed. A fix is printed only if the engine allows the exchange once it is applied.
//!
//! ```
//! use explain::dump::{Given, read};
//! use explain::recorded;
//!
//! let dump = b"> GET /cart HTTP/1.1\r\n> Host: api.example\r\n> Origin: https://shop.example\r\n>\r\n\
//!              < HTTP/1.1 200 OK\r\n< Access-Control-Allow-Origin: https://www.example\r\n<\r\n";
//! let given = Given { url: Some("https://api.example/cart".to_owned()), ..Given::default() };
//! let verdict = recorded(&read(dump, &given)?.exchange);
//! assert_eq!(verdict.header(), Some("access-control-allow-origin"));
//! assert!(verdict.to_string().starts_with("blocked: AllowOriginMismatch"));
//! assert!(!verdict.fix.is_empty());
//! # Ok::<(), explain::dump::BadDump>(())
//! ```
//!
//! **Never.** It does no I/O, asks no server, and decides nothing by itself: every ruling is the engine's.
#![forbid(unsafe_code)]

mod cached;
mod caveat;
mod decode;
mod describe;
mod differs;
pub mod dump;
pub mod fix;
pub mod har;
mod lines;
mod network;
mod print;
mod reason;
mod third_party;
mod transcript;
mod verdict;
mod visible;
mod wire;

pub use differs::{Browser, Difference};
pub use lines::{Asked, Summary, ask, jsonl, line};
pub use print::{har_json, har_text, text, verdict_json, verdict_json_for};
pub use reason::Reason;
pub use transcript::{heads, transcript};
pub use verdict::{EngineVerdict, Verdict, explain, recorded};
