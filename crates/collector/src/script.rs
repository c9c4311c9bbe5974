//! The SDK's script, as it was built with this edge.

use std::io::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use data_encoding::HEXLOWER;
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

/// How a script is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Brotli,
    Gzip,
}

impl Packing {
    /// The smallest first.
    pub(crate) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its name as a content coding.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn pack(self, script: &[u8]) -> Bytes {
        let packed = match self {
            Self::Brotli => {
                let mut packed = Vec::new();
                let best = BrotliEncoderParams::default();
                let mut writer = CompressorWriter::with_params(&mut packed, script.len(), &best);
                let written = writer.write_all(script);
                // Dropping it writes the end.
                drop(writer);
                written.map(|()| packed)
            }
            Self::Gzip => {
                let mut writer = GzEncoder::new(Vec::new(), Compression::best());
                writer.write_all(script).and_then(|()| writer.finish())
            }
        };
        packed.expect("writing into memory cannot fail").into()
    }
}

/// A script with what is served of it.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) hash: String,
    pub(crate) path: String,
    plain: Bytes,
    packed: [Bytes; Packing::ALL.len()],
}

impl Script {
    /// The SDK's.
    pub(crate) fn built() -> Self {
        BUILT.clone()
    }

    fn of(script: &'static [u8]) -> Self {
        let hash = HEXLOWER.encode(&Sha256::digest(script)[..HASH_BYTES]);
        Self {
            path: format!("/v1/corswatch-{hash}.js"),
            hash,
            plain: Bytes::from_static(script),
            packed: Packing::ALL.map(|packing| packing.pack(script)),
        }
    }

    /// Its bytes, packed or as they are.
    pub(crate) fn bytes(&self, packing: Option<Packing>) -> Bytes {
        packing
            .map_or(&self.plain, |packing| &self.packed[packing as usize])
            .clone()
    }
}
