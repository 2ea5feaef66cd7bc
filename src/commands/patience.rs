//! `--give-up-after`: how long a store may stay away, for every command that writes.

use std::time::Duration;

use crate::pipeline::deliver::Patience;
use crate::settings::file::ConfigFile;
use crate::settings::{UsageError, duration};
use crate::throttle::retry::RetryPolicy;

/// Unless something else is typed, or stands in the file.
const GIVE_UP_AFTER: Duration = Duration::from_mins(10);

/// What was typed, else what the file says, else ten minutes.
pub(super) fn resolve(typed: Option<&String>, file: &ConfigFile) -> Result<Patience, UsageError> {
    let text = typed.or(file.give_up_after.as_ref());
    let give_up_after = text.map_or(Ok(GIVE_UP_AFTER), |text| duration("--give-up-after", text))?;
    Ok(of(give_up_after))
}

/// So long, with the delays between tries that every command has.
pub(super) fn of(give_up_after: Duration) -> Patience {
    Patience { retry: RetryPolicy::STORE, give_up_after }
}
