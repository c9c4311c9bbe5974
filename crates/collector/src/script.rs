//! The SDK's script, as it was built with this edge.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256, Sha384};

static SCRIPT: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../sdk-js/dist/corswatch.js"
));
/// Bytes of the hash that stand in the path.
const HASH_BYTES: usize = 8;

static BUILT: LazyLock<Script> = LazyLock::new(|| Script::of(SCRIPT));
static INTEGRITY: LazyLock<String> =
    LazyLock::new(|| format!("sha384-{}", STANDARD.encode(Sha384::digest(SCRIPT))));

/// The value of a script tag's `integrity` for the script at [`script_path`].
#[must_use]
pub fn integrity() -> &'static str {
    &INTEGRITY
}

/// The path of the script under its hash: what is there never changes.
#[must_use]
pub fn script_path() -> &'static str {
    &BUILT.path
}

/// A script with what is served of it.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) hash: String,
    pub(crate) path: String,
    pub(crate) plain: Bytes,
    pub(crate) gzip: Bytes,
}

impl Script {
    /// The SDK's.
    pub(crate) fn built() -> Self {
        BUILT.clone()
    }

    fn of(script: &'static [u8]) -> Self {
        let mut hash = String::new();
        for byte in Sha256::digest(script).iter().take(HASH_BYTES) {
            // Writing into a String cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let packed = gzip.write_all(script).and_then(|()| gzip.finish());
        Self {
            path: format!("/v1/corswatch-{hash}.js"),
            hash,
            plain: Bytes::from_static(script),
            gzip: packed.expect("writing into memory cannot fail").into(),
        }
    }
}
