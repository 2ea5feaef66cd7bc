//! The report of a round of tracking for people. (As JSON it is the report's own serialization.)

use std::fmt::Write as _;
use std::time::Duration;

use super::report::{documents, elapsed, key_line, requests};
use super::shown::{number, one_line};
use crate::jobs::track::Track;

/// Several lines; `goes_on` is who goes on where something is left, in words.
#[must_use]
pub fn text(track: &Track, goes_on: &str) -> String {
    let report = &track.report;
    let (creators, posts) = (&report.creators, &report.posts);
    let mut text = String::new();
    let mut parts = vec![
        format!("{} visited ({} of them without a new post)", number(creators.visited), number(creators.unchanged)),
        format!("{} failed", number(creators.failed.len() as u64)),
        format!("{} gone", number(creators.gone.len() as u64)),
    ];
    let more = [
        (creators.back.len() as u64, "back again"),
        (creators.gone_before, "gone before and not asked"),
        (creators.left, "left to do"),
    ];
    parts.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", number(*count))));
    let _ = writeln!(text, "creators   {}", parts.join(", "));
    if creators.went_on > 0 {
        let _ = writeln!(text, "went on    with {} walks that earlier runs had not ended", number(creators.went_on));
    }
    let share = report.quota_used * 100.0;
    let _ = writeln!(text, "requests   {}; {share:.0}% of the quota", requests(&report.requests));
    report.keys.iter().for_each(|key| text.extend(key_line(key)));
    let archived = match report.pages_from_archive {
        0 => String::new(),
        archived => format!(" ({} of them from the archive, not asked again)", number(archived)),
    };
    let _ = writeln!(text, "pages      {}{archived}", number(report.pages));
    let left = match posts.due_left {
        0 => String::new(),
        left => format!("; {} more are due, and left for later", number(left)),
    };
    let _ = writeln!(text, "posts      {} new, {} read again{left}", number(posts.new), number(posts.read_again));
    let _ = writeln!(text, "snapshots  {} new moments", number(report.snapshots));
    let _ = writeln!(text, "documents  {}", documents(&report.documents, &format!("{goes_on} with them")));
    let _ = writeln!(text, "time       {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    for one in &creators.failed {
        let _ = writeln!(text, "failed     {}: {}", one.sec_user_id, one_line(&one.error));
    }
    for one in &creators.gone {
        let (id, words) = (&one.sec_user_id, one_line(&one.error));
        let _ = writeln!(text, "gone       {id}: the API says {words:?} (asked again in a week, or when it is named)");
    }
    for back in &creators.back {
        let _ = writeln!(text, "back       {back}");
    }
    for (creator, warning) in &track.warnings {
        let _ = writeln!(text, "warning    {creator}: {}", one_line(warning));
    }
    text
}
