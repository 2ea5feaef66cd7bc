//! What to simulate: plain values, with the defaults of the command line.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::SimulatorError;
use super::creator::Corpus;
use super::faults::Faults;
use super::planted::strength::Strength;
use crate::model::Secret;

/// 2000-01-01 and 2037-12-31, in seconds: video ids carry the second of posting, and keep 19 digits in this range.
const NOW_RANGE: std::ops::Range<i64> = 946_684_800..2_145_830_400;
const MOST_VIDEOS: u32 = 10_000_000;

/// The options of a simulator.
#[derive(Debug, Clone)]
pub struct SimulatorOptions {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// Creators to generate.
    pub creators: u32,
    /// Mean number of posts per creator.
    pub videos: u32,
    /// Everything generated depends on it.
    pub seed: u64,
    /// The simulated time at the start.
    pub now: Timestamp,
    /// So long ago were the posts made up: they are those of a simulator that was started so much earlier, and what has
    /// been posted since.
    pub passed: Duration,
    /// Simulated seconds per second; 0: time stands still.
    pub clock_speed: f64,
    /// Requests a second that a key may send; 0: any number.
    pub rate: f64,
    /// How long every answer takes.
    pub latency: Duration,
    /// The keys that are accepted; empty: any.
    pub keys: Vec<Secret>,
    /// Recorded pages to play in place of generated ones.
    pub from: Option<PathBuf>,
    /// What goes wrong, how often.
    pub faults: Faults,
    /// How strong what is planted among the generated posts is.
    pub strength: Strength,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            port: 0,
            creators: 50,
            videos: 60,
            seed: 1,
            now: Timestamp::constant(1_750_377_600, 0),
            passed: Duration::ZERO,
            clock_speed: 0.0,
            rate: 3.0,
            latency: Duration::from_millis(120),
            keys: Vec::new(),
            from: None,
            faults: Faults::default(),
            strength: Strength::STRONG,
        }
    }
}

impl SimulatorOptions {
    pub(super) fn check(&self) -> Result<(), SimulatorError> {
        let wrong = |text: String| Err(SimulatorError::Options(text));
        if !self.rate.is_finite() || self.rate < 0.0 {
            return wrong(format!("rate {} (0 or more requests a second)", self.rate));
        }
        if !self.clock_speed.is_finite() || self.clock_speed < 0.0 {
            return wrong(format!("clock speed {} (0 or more)", self.clock_speed));
        }
        for time in [self.now, self.started_at()] {
            if !NOW_RANGE.contains(&time.as_second()) {
                return wrong(format!("time {time} (a year from 2000 to 2037)"));
            }
        }
        if self.videos > MOST_VIDEOS {
            return wrong(format!("{} videos per creator (at most {MOST_VIDEOS})", self.videos));
        }
        Ok(())
    }

    /// The simulated time when the simulator starts.
    pub(super) fn started_at(&self) -> Timestamp {
        let seconds = i64::try_from(self.passed.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(self.now.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn corpus(&self) -> Corpus {
        Corpus {
            seed: self.seed,
            creators: self.creators,
            videos: self.videos,
            now: self.now.as_second(),
            strength: self.strength,
        }
    }
}
