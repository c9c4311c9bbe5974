//! The edge: admits, bounds, sheds, appends to the journal, answers.
