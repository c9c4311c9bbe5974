//! How many silences there may be.

use observation::UnixMillis;
use store::{MAX_SILENCES, SilenceRow};

use super::KEPT;
use crate::auth::Caller;
use crate::problem::{Fault, Problem};

/// Silences that are not over, at most.
const MAX_OPEN: usize = 1_000;
/// Of all places, a token that is limited to some apps gets one part of so many for an app.
const SHARE_OF_APP: usize = 10;

/// Whether there is room for `row`. A token that is limited to some apps has a share for each of them, so
/// that it cannot take what others need; what was taken back keeps its place until it is forgotten.
pub(super) fn check_room(
    rows: &[SilenceRow],
    row: &SilenceRow,
    caller: &Caller,
    now: UnixMillis,
) -> Result<(), Problem> {
    let share = match caller.needs_all_apps() {
        Ok(()) => 1,
        Err(_) => SHARE_OF_APP,
    };
    let counted = || {
        rows.iter()
            .filter(|other| share == 1 || other.app == row.app)
    };
    // What comes back without an end counts until it is taken back.
    let open = counted()
        .filter(|other| other.deleted_at.is_none() && other.keep_until.0 > now.0 + KEPT)
        .count();
    let (most_open, most) = (MAX_OPEN / share, MAX_SILENCES as usize / share);
    if open < most_open && counted().count() < most && rows.len() < MAX_SILENCES as usize {
        return Ok(());
    }
    let permitted = format!(
        "at most {most_open} that are not over, and {most} with those of the last {} days; take some \
         back, or ask who may see all apps",
        KEPT / 86_400_000
    );
    Err(Problem::faults(vec![Fault {
        field: "silences".into(),
        value: open.to_string(),
        permitted,
    }]))
}
