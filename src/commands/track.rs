//! `viralmine track`: one round of tracking, or one each so long. `round` is one of them; here is when they are made,
//! and how the process ends.

mod round;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::round::Round;
use super::exit::{self, Exit};
use super::metrics::Served;
use super::{interrupt, patience};
use crate::cli::backfill::ReportFormat;
use crate::cli::track::TrackArgs;
use crate::cli::{GlobalArgs, LogFormat};
use crate::metrics::Stage;
use crate::model::Counters;
use crate::output::log;
use crate::output::progress::Look;
use crate::output::report::elapsed;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{UsageError, api, creators, duration, environment, webhook};
use crate::throttle::clock::Clock;

/// Rounds are not made more often.
const SHORTEST_INTERVAL: Duration = Duration::from_mins(1);

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &TrackArgs) -> anyhow::Result<Exit> {
    let every = args.every.as_deref().map(interval).transpose()?;
    let round = resolve(global, args).await?;
    match every {
        None => make(&round, args.format, global.quiet).await.map(|made| made.exit),
        Some(every) => repeat(&round, every, args.format, global.quiet).await,
    }
}

fn interval(text: &str) -> Result<Duration, UsageError> {
    let every = duration("--every", text)?;
    if every >= SHORTEST_INTERVAL {
        return Ok(every);
    }
    Err(UsageError(format!("--every: {text:?} is too often; a minute (1m) is the least")))
}

async fn resolve(global: &GlobalArgs, args: &TrackArgs) -> anyhow::Result<Round> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let are_named = !args.creators.is_empty() || args.creators_file.is_some();
    let named = if are_named { creators::read(&args.creators, args.creators_file.as_deref())? } else { Vec::new() };
    let api = api::resolve(&args.api, &file)?;
    let store = StoreSettings::resolve(&global.store, &file)?;
    let webhook = webhook::resolve(&args.webhook, &file)?;
    let patience = patience::resolve(args.give_up_after.as_ref(), &file)?;
    // Served between the rounds, too: until the first one, nothing is counted.
    let counters = Arc::new(Counters::default());
    let metrics = Served::start(args.metrics, "track", Stage::Creators, &counters, global.quiet).await?;
    Ok(Round {
        named,
        api,
        store,
        webhook,
        patience,
        archive: !args.no_archive,
        scores: !args.scoring.no_scores,
        clock: environment::clock()?,
        metrics,
        look: Look::of_this_process(global.quiet, global.log_format == LogFormat::Json),
        repeats: args.every.is_some(),
        stop: interrupt::stop_on_interrupt(global.quiet),
    })
}

/// A round that was made and shown.
struct Shown {
    exit: Exit,
    /// Nobody reads our standard output any more.
    is_unread: bool,
}

/// Makes a round, and shows what came of it.
async fn make(round: &Round, format: ReportFormat, quiet: bool) -> anyhow::Result<Shown> {
    let made = round.make().await?;
    let shown = made.show(format).await;
    // Nobody there to read the report does not change how the round came out.
    let exit = made.end(quiet)?;
    match shown {
        Ok(()) => Ok(Shown { exit, is_unread: false }),
        Err(error) if exit::is_broken_pipe(&error) => Ok(Shown { exit, is_unread: true }),
        Err(error) => Err(error).context("the report cannot be written"),
    }
}

/// Makes rounds until it is stopped. One that fails is told, and the next one tries again: store and API come back.
/// Settings that are wrong do not, and neither do refused keys.
async fn repeat(round: &Round, every: Duration, format: ReportFormat, quiet: bool) -> anyhow::Result<Exit> {
    loop {
        let started = Instant::now();
        match make(round, format, quiet).await {
            // Whoever read our output (`head`) has enough.
            Ok(Shown { exit, is_unread: true }) => return Ok(exit),
            Ok(_) => {}
            Err(error) if round::is_for_good(&error) || exit::of_error(&error) != Exit::Failed => return Err(error),
            Err(error) => tracing::error!("this round failed: {error:#}; the next one tries again"),
        }
        if round.stop.is_cancelled() {
            return Ok(Exit::Interrupted);
        }
        let next = next_start(started, every, Instant::now());
        if next.is_late {
            tracing::warn!(
                "this round took {}, longer than --every ({}): the next one begins at once",
                elapsed(started.elapsed()),
                elapsed(every)
            );
        }
        if !wait_for(next.at, &round.clock, &round.stop, quiet).await {
            return Ok(Exit::Interrupted);
        }
    }
}

/// When the next round begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Next {
    at: Instant,
    /// The one before took longer than the interval.
    is_late: bool,
}

/// From start to start.
fn next_start(started: Instant, every: Duration, now: Instant) -> Next {
    match started.checked_add(every) {
        Some(due) if due > now => Next { at: due, is_late: false },
        // Later than there are instants is never.
        None => Next { at: now + Duration::from_hours(24 * 365), is_late: false },
        Some(_) => Next { at: now, is_late: true },
    }
}

/// Says when, and waits; `false` once it is stopped.
async fn wait_for(at: Instant, clock: &Clock, stop: &CancellationToken, quiet: bool) -> bool {
    let left = at.saturating_duration_since(Instant::now());
    if !quiet && !left.is_zero() {
        let when = clock.now().checked_add(left).map(|when| when.to_zoned(TimeZone::UTC));
        let when = when.map_or_else(|_| String::new(), |when| when.strftime("%Y-%m-%d %H:%M:%S UTC, ").to_string());
        log::plain(&format!("the next round begins at {when}in {}", elapsed(left)));
    }
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = sleep_until(at) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rounds_follow_each_other_from_start_to_start() {
        let (started, every) = (Instant::now(), Duration::from_hours(6));
        let after = |hours| next_start(started, every, started + Duration::from_hours(hours));
        assert_eq!(after(1), Next { at: started + every, is_late: false });
        assert_eq!(after(7), Next { at: started + Duration::from_hours(7), is_late: true });
        assert_eq!(after(6), Next { at: started + every, is_late: true });
        assert!(!next_start(started, Duration::MAX, started).is_late);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_when_its_time_has_come_or_when_it_is_stopped() {
        let (stop, clock) = (CancellationToken::new(), Clock::system());
        let at = Instant::now() + Duration::from_hours(6);
        assert!(wait_for(at, &clock, &stop, true).await);
        assert!(Instant::now() >= at);
        stop.cancel();
        assert!(!wait_for(at + Duration::from_hours(6), &clock, &stop, true).await);
    }

    #[test]
    fn less_than_a_minute_is_too_often() {
        assert_eq!(interval("6h"), Ok(Duration::from_hours(6)));
        assert_eq!(interval("1d"), Ok(Duration::from_hours(24)));
        for wrong in ["59s", "0m", "often"] {
            assert!(interval(wrong).unwrap_err().0.starts_with("--every:"), "{wrong}");
        }
    }
}
