//! What rollups are grouped by, beside app and minute: the one list of dimensions.

use observation::{
    Confidence, Context, Kind, Observation, Origin, Outcome, Source, Stage, Standing,
};
use serde::de::SeqAccess;

use crate::wire::{Block, Field, Fields, Plain, missing, word_or_empty};

/// Declares the dimensions, each once, in the order of the columns: name, type (`S` for texts), what
/// the column holds, and where the value comes from. With `by` SLIs can be broken down by it. A column
/// holds a `text`, a `word` of a closed vocabulary, an `optional` one, a `flag` or a `number`.
macro_rules! dimensions {
    (|$origin:ident, $observation:ident, $failure:ident| {
        $($(#[$meta:meta])* $name:ident: $type:ty as $kind:ident $(by $variant:ident)? = $value:expr,)+
    }) => {
        /// The dimensions of a rollup row. `S` is how texts are held: [`Dimensions::of`] owns them,
        /// [`Dimensions::borrowed`] makes a key for a look-up without copying; both hash alike.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct Dimensions<S = String> {
            $($(#[$meta])* pub $name: $type,)+
        }

        /// The columns of the dimensions.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),+];

        impl<'a> Dimensions<&'a str> {
            /// The dimensions of an observation, without copying.
            #[must_use]
            pub fn borrowed($origin: &'a Origin, $observation: &'a Observation) -> Self {
                let $failure = $observation.failure.as_ref();
                Self { $($name: $value,)+ }
            }
        }

        impl<S> Dimensions<S> {
            /// The same dimensions with every text turned by `text`.
            pub fn map<'a, T>(&'a self, mut text: impl FnMut(&'a S) -> T) -> Dimensions<T> {
                Dimensions { $($name: dimensions!(@map text, self.$name, $kind),)+ }
            }
        }

        /// Writes the columns of the dimensions of observations. Each column goes over the rows by
        /// itself: making all dimensions of a row for every column of it takes half as long again.
        #[allow(unused_variables, reason = "a dimension comes from one of the three")]
        pub(crate) fn write<'a>(
            block: &mut Block,
            seen: impl Iterator<Item = (&'a Origin, &'a Observation)> + Clone,
        ) {
            $({
                let values = seen.clone().map(|($origin, $observation)| {
                    let $failure = $observation.failure.as_ref();
                    dimensions!(@cell $kind, $value)
                });
                dimensions!(@write block, stringify!($name), values, $kind);
            })+
        }

        impl Fields for Dimensions {
            const COUNT: usize = NAMES.len();

            fn expressions(_: &str) -> Vec<String> {
                NAMES.iter().map(|name| format!("`{name}`")).collect()
            }

            fn write<'a>(
                block: &mut Block,
                _: &str,
                values: impl Iterator<Item = &'a Self> + Clone,
            ) {
                $({
                    let values = values.clone().map(|dimensions| dimensions!(@held $kind, dimensions.$name));
                    dimensions!(@write block, stringify!($name), values, $kind);
                })+
            }

            fn read<'de, A: SeqAccess<'de>>(values: &mut A) -> Result<Self, A::Error> {
                type S = String;
                Ok(Self {
                    $($name: {
                        let field = Field::<Plain, $type>::new();
                        values
                            .next_element_seed(field)?
                            .ok_or_else(|| missing(stringify!($name)))?
                    },)+
                })
            }
        }

        /// What SLIs can be broken down by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Dimension {
            $($(#[doc = concat!("`", stringify!($name), "` of [`Dimensions`].")] $variant,)?)+
            /// Browser family and major version.
            Browser,
        }

        impl Dimension {
            /// Every value, in the order of the columns.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)?)+ Self::Browser];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$variant => stringify!($name),)?)+
                    Self::Browser => "browser",
                }
            }

            /// The columns that its value is made of.
            pub(crate) const fn columns(self) -> &'static [&'static str] {
                match self {
                    $($(Self::$variant => &[stringify!($name)],)?)+
                    Self::Browser => &["browser_family", "browser_major"],
                }
            }
        }
    };
    (@map $text:ident, $self:ident.$name:ident, text) => { $text(&$self.$name) };
    (@map $text:ident, $self:ident.$name:ident, $kind:ident) => { $self.$name };
    (@cell text, $value:expr) => {{
        let text: &str = $value;
        text
    }};
    (@cell $kind:ident, $value:expr) => { dimensions!(@held $kind, $value) };
    (@held text, $value:expr) => { $value.as_str() };
    (@held word, $value:expr) => { $value.as_str() };
    (@held optional, $value:expr) => { word_or_empty($value) };
    (@held $kind:ident, $value:expr) => { $value };
    (@write $block:ident, $name:expr, $values:ident, flag) => {
        $block.fixed($name, "Bool", $values.map(|flag| [u8::from(flag)]))
    };
    (@write $block:ident, $name:expr, $values:ident, number) => {
        $block.fixed($name, "UInt16", $values.map(u16::to_le_bytes))
    };
    (@write $block:ident, $name:expr, $values:ident, $kind:ident) => {
        $block.words($name, $values)
    };
}

dimensions! {
    |origin, observation, failure| {
        /// Configured service, or empty.
        service: S as text by Service = &observation.service,
        /// Origin of the page.
        page_origin: S as text by PageOrigin = origin.page_origin(observation),
        /// Origin of the server.
        target_origin: S as text by TargetOrigin = &observation.target_origin,
        /// Path template.
        endpoint: S as text by Endpoint = &observation.endpoint,
        /// Request method.
        method: S as text by Method = &observation.method,
        /// Release of the page.
        release: S as text by Release = &origin.release,
        /// Deployment environment.
        environment: S as text by Environment = &origin.environment,
        /// How it ended.
        outcome: Outcome as word by Outcome = observation.outcome,
        /// Where in the protocol it failed; none where it did not.
        stage: Option<Stage> as optional by Stage = failure.map(|failure| failure.stage),
        /// Chromium's `CorsError` name, or empty.
        cause: S as text by Cause = failure.map_or("", |failure| &failure.cause),
        /// Header names, or empty.
        parameter: S as text by Parameter = &observation.parameter,
        /// HTTP status, or 0.
        status: u16 as number by Status = observation.status,
        /// Browser family.
        browser_family: S as text by BrowserFamily = origin.browser_family(),
        /// Browser major version, or 0.
        browser_major: u16 as number = origin.browser_major(),
        /// Where the script ran.
        context: Context as word by Context = origin.context(),
        /// Who saw it. Sources are never summed, so they are not parts of a whole.
        source: Source as word = origin.source,
        /// What is counted.
        kind: Kind as word = observation.kind,
        /// Whether credentials could be sent.
        credentialed: bool as flag = observation.credentialed,
        /// Whether a preflight was needed.
        preflighted: bool as flag = observation.preflighted,
        /// How sure the source is of a failure; none where there is none.
        confidence: Option<Confidence> as optional = failure.map(|failure| failure.confidence),
        /// Whether it is laboratory traffic that the app does not count.
        lab: bool as flag = origin.lab(),
        /// Whether it is believed.
        standing: Standing as word by Standing = observation.standing,
    }
}

impl Dimensions {
    /// The dimensions of an observation.
    #[must_use]
    pub fn of(origin: &Origin, observation: &Observation) -> Self {
        Dimensions::borrowed(origin, observation).map(|text| (*text).to_owned())
    }

    /// The same dimensions, borrowed: equal and of equal hash to [`Dimensions::borrowed`].
    #[must_use]
    pub fn as_ref(&self) -> Dimensions<&str> {
        self.map(String::as_str)
    }
}

impl Dimension {
    /// The value as text, for the server.
    pub(crate) fn expression(self) -> String {
        match self {
            Self::Browser => {
                "concat(toString(browser_family), ' ', toString(browser_major))".to_owned()
            }
            column => format!("toString({})", column.as_str()),
        }
    }
}

impl std::fmt::Display for Dimension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names nothing to break down by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing to break down by")]
pub struct UnknownDimension(pub String);

impl std::str::FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(word: &str) -> Result<Self, UnknownDimension> {
        let mut all = Self::ALL.iter().copied();
        let found = all.find(|dimension| dimension.as_str() == word);
        found.ok_or_else(|| UnknownDimension(word.to_owned()))
    }
}

/// All dimensions, as a list of columns.
pub(crate) fn names() -> String {
    NAMES.join(", ")
}
