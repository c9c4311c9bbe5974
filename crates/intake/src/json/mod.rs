//! What reading JSON of strangers has in common, whatever the source: where the reader is, bounded
//! readers of single values, and the refusal that names the member.

mod limits;
mod path;
mod value;

pub use limits::MAX_DEPTH;
pub(crate) use limits::{COUNT, MAX_METHOD, MAX_TEXT, MAX_WORD, STATUS};
pub(crate) use path::{FieldTracker, JsonPath, Member, members, refuse};
pub(crate) use value::{Flag, Ignored, Integer, Name, Pairs, Text};
