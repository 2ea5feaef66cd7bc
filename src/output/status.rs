//! How far things are, for people: totals, then the walks that are not done.

use std::fmt::Write as _;
use std::path::Path;

use jiff::tz::TimeZone;

use super::shown::{NOTHING, number, one_line, time};
use super::table::{Column, render};
use crate::archive::FolderSummary;
use crate::jobs::score::standing::Standing;
use crate::jobs::status::{Settled, Status, TrackingStatus, WalkStatus};
use crate::model::size_in_words;

const COLUMNS: [Column; 6] = [
    Column::text("creator"),
    Column::number("pages"),
    Column::number("posts"),
    Column::text("cursor"),
    Column::text("updated (UTC)"),
    Column::flexible("last error"),
];

/// The lines of a status; `store` is its name, `width` the terminal's (columns).
#[must_use]
pub fn text(status: &Status, store: &str, folder: &Path, summary: &FolderSummary, width: usize) -> String {
    let Status { creators, settled, .. } = status;
    let mut text = String::new();
    let _ = writeln!(text, "store      {store}: {} posts", number(status.videos));
    let _ = writeln!(text, "scores     {}", scores(&status.scores));
    let kinds = [
        (creators.by_since, "by --since"),
        (creators.by_max_pages, "by --max-pages"),
        (creators.with_warning, "with a warning"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{} {kind}", number(*count)))
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let unreadable = match creators.unreadable {
        0 => String::new(),
        count => format!(", {} unreadable", number(count)),
    };
    let _ = writeln!(
        text,
        "creators   {} done{kinds}, {} under way, {} failed{unreadable}",
        number(creators.done),
        number(creators.under_way),
        number(creators.failed)
    );
    let _ = writeln!(text, "settled    {}", self::settled(settled));
    text.extend(tracking(&status.tracking));
    let _ = writeln!(
        text,
        "data       {}: {} archive segments, {}; {} dead letters",
        folder.display(),
        number(summary.segments),
        size_in_words(summary.archive_bytes),
        number(summary.dead_letters)
    );
    if summary.in_use {
        let process = summary.process.map(|process| format!(", process {process}")).unwrap_or_default();
        let _ = writeln!(text, "in use     by another viralmine{process}");
    }
    list(&mut text, "under way", "the next run goes on", &status.under_way, creators.under_way, width);
    list(&mut text, "failed", "--retry-failed asks again", &status.failed, creators.failed, width);
    text
}

/// How the scores stand, in words.
#[must_use]
pub fn scores(standing: &Standing) -> String {
    let when = standing.scored_at.and_then(|moment| time(moment / 1000, &TimeZone::UTC, "%Y-%m-%d %H:%M UTC"));
    let last = match (when, standing.videos) {
        (Some(when), Some(videos)) => format!("the last pass, of {when}, saw {} posts", number(videos)),
        _ if standing.unfinished => "a pass began and has not ended".to_owned(),
        _ => "there was no pass yet".to_owned(),
    };
    let without = match standing.unscored {
        0 => String::new(),
        unscored => format!(", {} posts have none", number(unscored)),
    };
    if !standing.behind && standing.scored_at.is_none() {
        // Nothing is stored that could have any.
        last
    } else if standing.behind {
        format!("behind: {last}{without}; `viralmine score` computes them")
    } else {
        format!("up to date: {last}")
    }
}

fn settled(settled: &Settled) -> String {
    let Settled { pages, received, skipped, stored, superseded, dead } = settled;
    format!(
        "{} pages, {} items: {} skipped, {} stored, {} superseded, {} dead letters",
        number(*pages),
        number(*received),
        number(*skipped),
        number(*stored),
        number(*superseded),
        number(*dead)
    )
}

/// Nothing where nobody was tracked.
fn tracking(tracking: &TrackingStatus) -> Option<String> {
    let last = time(tracking.last_visit? / 1000, &TimeZone::UTC, "%Y-%m-%d %H:%M")?;
    let (creators, under_way, gone) = (number(tracking.creators), number(tracking.under_way), number(tracking.gone));
    Some(format!(
        "tracking   {creators} visited, the last at {last}; {under_way} visits under way, {gone} gone\n           \
         each one's newest visit: {}\n",
        settled(&tracking.settled)
    ))
}

fn list(text: &mut String, title: &str, next: &str, walks: &[WalkStatus], all: u64, width: usize) {
    if walks.is_empty() {
        return;
    }
    let shown = match walks.len() as u64 {
        shown if shown == all => String::new(),
        shown => format!("the latest {} of {}; ", number(shown), number(all)),
    };
    let _ = writeln!(text, "\n{title} ({shown}{next})");
    let row = |walk: &WalkStatus| {
        vec![
            one_line(&walk.sec_user_id),
            number(walk.pages),
            number(walk.received),
            one_line(&walk.cursor),
            time(walk.updated_at / 1000, &TimeZone::UTC, "%Y-%m-%d %H:%M").unwrap_or_else(|| NOTHING.to_owned()),
            walk.last_error.as_deref().map_or_else(|| NOTHING.to_owned(), one_line),
        ]
    };
    text.push_str(&render(&COLUMNS, walks.iter().map(row).collect(), width));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::status::CreatorsStatus;

    #[test]
    fn what_is_not_done_is_listed_with_its_error() {
        let walk = WalkStatus {
            sec_user_id: "MS4wLjABAAAAgone".into(),
            cursor: "0".into(),
            pages: 3,
            received: 105,
            updated_at: 1_750_377_600_000,
            last_error: Some("no good answer\n\u{1b}[31m".into()),
        };
        let creators = CreatorsStatus { done: 12, by_since: 3, under_way: 2, ..CreatorsStatus::default() };
        let tracking = TrackingStatus {
            creators: 5,
            under_way: 1,
            gone: 0,
            last_visit: Some(1_750_377_600_000),
            settled: Settled { pages: 6, received: 210, superseded: 10, stored: 200, ..Settled::default() },
        };
        let status = Status { videos: 43_000, creators, tracking, under_way: vec![walk], ..Status::default() };
        let summary = FolderSummary { in_use: true, process: Some(7), ..FolderSummary::default() };
        let text = text(&status, "embedded", Path::new("./data"), &summary, 120);
        for line in [
            "creators   12 done (3 by --since), 2 under way, 0 failed",
            "tracking   5 visited, the last at 2025-06-20 00:00; 1 visits under way, 0 gone",
            "each one's newest visit: 6 pages, 210 items: 0 skipped, 200 stored, 10 superseded, 0 dead letters",
            "in use     by another viralmine, process 7",
            "under way (the latest 1 of 2; the next run goes on)",
            "2025-06-20 00:00",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
        assert!(!text.contains('\u{1b}'));
    }
}
