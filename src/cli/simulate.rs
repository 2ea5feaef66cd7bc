//! `viralmine simulate`: what was typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::model::Secret;
use crate::simulator::{Faults, Strength};

/// Flags of `simulate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = after_help())]
pub struct SimulateArgs {
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "P", default_value_t = 0)]
    pub port: u16,

    /// How many creators there are
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub creators: u32,

    /// Posts per creator, on average
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub videos: u32,

    /// Everything that is made up depends on it
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// The simulated time at the start (RFC 3339)
    #[arg(long, value_name = "TIME", default_value = "2025-06-20T00:00:00Z")]
    pub now: Timestamp,

    /// Start so much later: the same creators and posts, what they have posted since, and what their counts have grown
    /// to
    #[arg(long, value_name = "DURATION", value_parser = passed, default_value = "0s", hide_default_value = true)]
    pub passed: Duration,

    /// Simulated seconds per second: new posts appear and counts grow; with 0, time stands still
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub clock_speed: f64,

    /// Requests that a key may send in any second before it gets a 429; 0 for any number
    #[arg(long, value_name = "R", default_value_t = 3.0)]
    pub rate: f64,

    /// How long every answer takes, in milliseconds
    #[arg(long, value_name = "L", default_value_t = 120)]
    pub latency_ms: u64,

    /// Keys to accept, separated by commas; others get a 401 [default: any key]
    #[arg(long, value_name = "K,…", value_delimiter = ',', value_parser = key)]
    pub keys: Vec<Secret>,

    /// Play these recorded pages (.ndjson, .gz, .zst; archive segments too) in place of made-up posts
    #[arg(long, value_name = "PAGES")]
    pub from: Option<PathBuf>,

    /// What goes wrong, how often: shares of the requests, such as 429=0.02,500=0.05 (see below) [default: nothing]
    #[arg(long, value_name = "SPEC", default_value = "", hide_default_value = true)]
    pub faults: Faults,

    /// How strong the planted findings are: none, weak, medium, strong, or so many times as much as usual (see below)
    #[arg(long, value_name = "STRENGTH", default_value_t = Strength::STRONG, conflicts_with = "from")]
    pub strength: Strength,

    /// Write to this file, as JSON, what was planted: the outliers, rising creators, bursting tags and sounds, product
    /// words, and what only looks like them
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub truth: Option<PathBuf>,

    /// Write the creators' ids to this file, one a line, for `backfill --creators`
    #[arg(long, value_name = "FILE")]
    pub creators_out: Option<PathBuf>,
}

fn after_help() -> String {
    format!(
        "The first line on stdout is the URL, for `backfill --api-url`. The same seed always serves the same posts. \
         Ctrl-C ends it.\n\n\
         {}\n\n\
         Planted findings: a few posts have far more plays than is usual for their creator (weak 3, medium 10, strong 30 \
         times), a few tags and sounds are used as many times as often in the last week, some words make such posts \
         likelier, and some creators rise (by the root of it). What only looks like it is there at every strength. \
         docs/findings.md tells more.\n\n\
         Examples:\n  \
         viralmine simulate --port 8080 --creators 20 --creators-out creators.txt\n  \
         viralmine simulate --faults 429=0.02,500=0.05,cut=0.01,seed=7\n  \
         viralmine simulate --keys key-a,key-b --faults 401@key-2=1,empty@creator-3=1\n  \
         viralmine simulate --strength weak --truth truth.json\n  \
         viralmine simulate --passed 6h --faults gone@creator-2=1,renamed@creator-3=1\n  \
         viralmine simulate --from viralmine-data/archive/FILE.ndjson.zst",
        Faults::help()
    )
}

fn passed(text: &str) -> Result<Duration, String> {
    let days = || Some(Duration::from_hours(u64::from(text.strip_suffix('d')?.parse::<u32>().ok()?) * 24));
    let of_span = || Duration::try_from(text.parse::<SignedDuration>().ok()?).ok();
    of_span().or_else(days).ok_or_else(|| "write 90m, 6h or 3d".to_owned())
}

fn key(text: &str) -> Result<Secret, String> {
    let key = Secret::new(text);
    if key.expose().is_empty() { Err("a key is empty".to_owned()) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        simulate: SimulateArgs,
    }

    #[test]
    fn flags_are_read_and_keys_do_not_print() {
        let read = |flags: &[&str]| Only::try_parse_from([&["simulate"], flags].concat()).map(|only| only.simulate);
        let given = read(&["--keys", "tk_live_1,tk_live_2", "--faults", "429=0.5", "--clock-speed", "60"]).unwrap();
        assert_eq!(given.keys.len(), 2);
        assert!(!format!("{given:?}").contains("tk_live"));
        assert_eq!(read(&["--passed", "2d"]).unwrap().passed, Duration::from_hours(48));
        assert!(read(&["--passed", "soon"]).is_err());
        assert!(read(&["--faults", "sloth=1"]).unwrap_err().to_string().contains("known are"));
        assert!(read(&["--keys", "a,,b"]).is_err());
        assert_eq!(read(&["--strength", "7.5"]).unwrap().strength.to_string(), "7.5");
        assert!(read(&["--strength", "huge"]).unwrap_err().to_string().contains("weak (3)"));
        assert!(read(&["--from", "pages.ndjson", "--truth", "truth.json"]).is_err());
        assert_eq!(read(&[]).unwrap().now, crate::simulator::SimulatorOptions::default().now);
    }
}
