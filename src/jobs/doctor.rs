//! What is wrong, and what to do: the data folder and the API. (A store says it of itself, by `store::Examine`.)
//! Nothing is changed here; the only thing that may cost is one request for each API key.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::archive::{ArchiveError, DataFolder, FolderSummary, RecordedPages, segments};
use crate::model::host::free_space;
use crate::model::{Counters, CreatorId, WithoutRecord, size_in_words};
use crate::source::{ApiClient, ApiSettings, PageRequest, SourceError, VideoSource};
use crate::store::{Finding, Health};
use crate::throttle::clock::Clock;
use crate::throttle::quota::KeyState;
use crate::throttle::retry::RetryPolicy;

/// How long the API may take to answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// No creator has this id: when none is known, the API is asked for it. It says so, to a key that it takes.
const NOBODY: &str = "MS4wLjABAAAAviralmine-doctor-asks-for-nobody";

/// Below this the disk is as good as full (bytes): an hour of a quick key fills some hundred megabytes.
const LITTLE_ROOM: u64 = 1 << 30;

fn good(about: &str, words: impl Into<String>) -> Finding {
    Finding { about: about.to_owned(), health: Health::Good, words: words.into(), advice: None }
}

fn warning(about: &str, words: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { about: about.to_owned(), health: Health::Warning, words: words.into(), advice: Some(advice.into()) }
}

fn bad(about: &str, words: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { about: about.to_owned(), health: Health::Bad, words: words.into(), advice: Some(advice.into()) }
}

/// Looks at the data folder: its lock, its disk, its newest archive segment, its dead letters. Blocking.
#[must_use]
pub fn data_folder(folder: &Path) -> Vec<Finding> {
    let about = "data folder";
    let shown = folder.display();
    if !folder.exists() {
        return vec![good(about, format!("{shown} is not there yet; the first run makes it"))];
    }
    let summary = match FolderSummary::of(folder) {
        Ok(summary) => summary,
        Err(error) => return vec![bad(about, error.to_string(), "check its permissions and the disk")],
    };
    let mut findings = vec![lock(folder, &summary)];
    findings.extend(room(folder));
    findings.push(archive(folder, &summary));
    findings.push(match summary.dead_letters {
        0 => good("dead letters", "none"),
        count => warning(
            "dead letters",
            format!("documents that the store refused: {count}"),
            "`viralmine dead-letters list` says why, `viralmine dead-letters retry` sends them again",
        ),
    });
    findings
}

fn lock(folder: &Path, summary: &FolderSummary) -> Finding {
    let about = "data folder";
    let shown = folder.display();
    if summary.in_use {
        let process = summary.process.map(|process| format!(" (process {process})")).unwrap_or_default();
        return good(about, format!("{shown} is in use: a run is under way{process}"));
    }
    match DataFolder::lock(folder) {
        Ok(_) => good(about, format!("{shown} can be written")),
        // Taken between the two looks.
        Err(error @ ArchiveError::Locked { .. }) => good(about, error.to_string()),
        Err(error) => bad(about, error.to_string(), "make it writable, make room, or name another --data-dir"),
    }
}

fn room(folder: &Path) -> Option<Finding> {
    // A system that does not say has room, for all that is known.
    let free = free_space(folder).ok()?;
    let words = format!("{} free", size_in_words(free));
    Some(if free < LITTLE_ROOM {
        warning(
            "disk",
            words,
            "make room, or name another --data-dir: a full disk ends a run (which can be gone on with)",
        )
    } else {
        good("disk", words)
    })
}

/// Reads the newest segment as a whole; the others were read when they were the newest, or will be by `verify`.
fn archive(folder: &Path, summary: &FolderSummary) -> Finding {
    let about = "archive";
    let newest = match segments(folder) {
        Ok(mut segments) => segments.pop(),
        Err(error) => return bad(about, error.to_string(), "check the folder's permissions and the disk"),
    };
    let Some(newest) = newest else { return good(about, "empty") };
    let advice = "what is readable can be indexed again by `viralmine replay`; keep the file, it is what was paid for";
    let mut pages = match RecordedPages::open(&newest) {
        Ok(pages) => pages,
        Err(error) => return bad(about, error.to_string(), advice),
    };
    let mut records = 0_u64;
    for page in &mut pages {
        match page {
            Ok(_) => records += 1,
            Err(error) => return bad(about, error.to_string(), advice),
        }
    }
    let cut = match (pages.is_cut(), summary.in_use) {
        (false, _) => "",
        (true, true) => " so far, and is being written",
        (true, false) => ", its end cut off by a kill, which is no harm",
    };
    let (count, size) = (summary.segments, size_in_words(summary.archive_bytes));
    good(about, format!("segments: {count} ({size}); records in the newest: {records}{cut}"))
}

/// Asks the API once with each key, for one post of `creator` (or of nobody), and says what it made of it.
pub async fn api(settings: ApiSettings, creator: Option<CreatorId>, clock: Clock) -> Vec<Finding> {
    let about = "API";
    let keys = settings.keys.len();
    let url = settings.base_url.to_string();
    let once = RetryPolicy { attempts: Some(1), ..settings.retry };
    let settings = ApiSettings { page_size: 1, retry: once, budget: Some(keys as u64), ..settings };
    let is_known = creator.is_some();
    let creator = match creator.map_or_else(|| CreatorId::parse(NOBODY), Ok) {
        Ok(creator) => creator,
        Err(error) => return vec![bad(about, error.to_string(), "please report this defect of viralmine")],
    };
    let counters = Arc::new(Counters::default());
    let stop = CancellationToken::new();
    let client = match ApiClient::new(settings, Arc::new(WithoutRecord), Arc::clone(&counters), clock, stop) {
        Ok(client) => client,
        Err(error) => return vec![bad(about, error.to_string(), "correct the setting that it names")],
    };
    let request = PageRequest { creator, cursor: "0".to_owned(), walk: 0, fetched_after: 0 };
    // As many requests as keys: each key is the next one for one of them.
    let ask = || tokio::time::timeout(LONGEST_ANSWER, client.page(&request));
    let answers = join_all((0..keys).map(|_| ask())).await;
    let mut findings =
        vec![answer(&url, is_known, answers.into_iter().map(|answer| answer.map(|page| page.map(drop))))];
    let is_away = findings[0].health == Health::Bad;
    findings.extend(client.keys().into_iter().map(|key| {
        let about = format!("API key {}", key.key);
        match key.state {
            KeyState::Retired => {
                bad(&about, "the API refuses it", "replace it in VIRALMINE_API_KEYS or --api-keys-file")
            }
            KeyState::Paused => warning(
                &about,
                "the API asks it to wait: its quota is used up",
                "look whether another process uses this key, and whether --rate is what was bought",
            ),
            KeyState::Active if key.sent == 0 => warning(&about, "was not tried", "run `viralmine doctor` again"),
            KeyState::Active if is_away => warning(
                &about,
                "cannot be judged without an answer",
                "run `viralmine doctor` again once the API answers",
            ),
            KeyState::Active => good(&about, "is not refused"),
        }
    }));
    findings
}

type Answer = Result<Result<(), SourceError>, tokio::time::error::Elapsed>;

/// What the answers say of the API as a whole: the best of them counts.
fn answer(url: &str, is_known: bool, answers: impl Iterator<Item = Answer>) -> Finding {
    let about = "API";
    let judged = answers.map(|answer| match answer {
        Ok(Ok(())) => good(about, format!("{url} answers with posts")),
        Ok(Err(SourceError::CreatorRefused { .. } | SourceError::CursorRefused { .. })) if !is_known => {
            good(about, format!("{url} answers; it was asked for nobody, since no creator is known yet"))
        }
        Ok(Err(error @ (SourceError::CreatorRefused { .. } | SourceError::CursorRefused { .. }))) => {
            good(about, format!("{url} answers: {error}"))
        }
        Ok(Err(error @ SourceError::NoKeyLeft { .. })) => {
            bad(about, format!("{url} answers: {error}"), "replace the keys")
        }
        Ok(Err(error @ SourceError::BudgetUsed { .. })) => {
            warning(about, error.to_string(), "another key answered in its place; see the keys below")
        }
        Ok(Err(SourceError::Exhausted { last, .. })) => {
            bad(about, last, "check --api-url, the network, and a proxy in between")
        }
        Ok(Err(error)) => bad(about, error.to_string(), "check --api-url, the network, and a proxy in between"),
        Err(_elapsed) => bad(
            about,
            format!("{url} gave no answer to use within {} s", LONGEST_ANSWER.as_secs()),
            "check --api-url and the network; when a key below is asked to wait, wait",
        ),
    });
    judged
        .min_by_key(|finding| finding.health)
        .unwrap_or_else(|| bad(about, "no API key is given", "set VIRALMINE_API_KEYS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health_of(findings: &[Finding], about: &str) -> Health {
        findings.iter().find(|finding| finding.about == about).unwrap().health
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_trouble_and_one_with_letters_is_worth_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let missing = data_folder(&folder.path().join("none"));
        assert_eq!((missing.len(), missing[0].health), (1, Health::Good));
        std::fs::write(folder.path().join("dead-letters.ndjson"), "{}\n").unwrap();
        let findings = data_folder(folder.path());
        assert_eq!(health_of(&findings, "dead letters"), Health::Warning);
        assert_eq!(health_of(&findings, "data folder"), Health::Good);
        assert_eq!(health_of(&findings, "archive"), Health::Good);
    }

    #[test]
    fn a_damaged_segment_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("archive")).unwrap();
        std::fs::write(folder.path().join("archive/20250101-1735689600000-1.ndjson.zst"), "{\"no\":1}\n").unwrap();
        let findings = data_folder(folder.path());
        let archive = findings.iter().find(|finding| finding.about == "archive").unwrap();
        assert!(archive.health == Health::Bad && archive.words.contains("20250101-1735689600000-1"), "{archive:?}");
    }

    #[test]
    fn the_nobody_that_is_asked_for_has_the_shape_of_a_creator() {
        assert!(CreatorId::parse(NOBODY).is_ok());
    }
}
