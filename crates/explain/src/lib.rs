//! What a recorded exchange means: the verdict of the engine (`cors`) in words, from JSON lines, HAR
//! files and dumps of command line tools, and the least change after which it passes.
//!
//! Pure: bytes in, values out.
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
