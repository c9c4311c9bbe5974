//! What a file is for.

/// The two uses of the file, which differ in what may be missing from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The journal: each partition is one run of offsets. A damaged file is refused: only people
    /// can tell whether a better copy exists.
    Journal,
    /// The spool of an edge: any record may be gone already. A damaged file is set aside with what
    /// can be read of it taken over, because the edge must start and go on.
    Spool,
}

impl Purpose {
    /// The section of the settings.
    pub(crate) const fn section(self) -> &'static str {
        match self {
            Self::Journal => "journal.disk",
            Self::Spool => "journal.spool",
        }
    }

    /// What it is, for people.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Spool => "spool",
        }
    }

    /// Who takes the records out again.
    pub(crate) const fn taker(self) -> &'static str {
        match self {
            Self::Journal => "the loader",
            Self::Spool => "Kafka",
        }
    }

    /// The name of the writing thread.
    pub(crate) const fn writer(self) -> &'static str {
        match self {
            Self::Journal => "journal-write",
            Self::Spool => "spool-write",
        }
    }
}
