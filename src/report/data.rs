//! How fresh and complete the data behind the page are.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::figures::{counted, exact, minute};
use super::table::{Cell, Head, table};
use super::text::{cut, prose};
use crate::jobs::report::{AgeBand, Data, Report, Span};
use crate::jobs::score::standing::Standing;

/// The section.
pub(super) fn section(report: &Report, timezone: &TimeZone) -> Markup {
    let data = &report.data;
    let newest = data.newest_fetched_at.and_then(|newest| minute(newest / 1_000, timezone));
    html! {
        dl .facts {
            dt { "Posts" }
            dd {
                (exact(report.headline.posts)) " of " (exact(data.stored)) " stored are in this report"
                @if data.of_unknown_time > 0 { ", " (exact(data.of_unknown_time)) " of them of unknown time: they are left out where time counts" }
                "."
            }
            dt { "Newest fetch" }
            dd { (newest.unwrap_or_else(|| "nothing was fetched yet".to_owned())) }
            dt { "Windows of growth" }
            dd {
                @match &data.windows {
                    None => { "none: the posts asked for do not reach back over two windows" }
                    Some(windows) => { (window(&windows.recent, timezone)) ", against " (window(&windows.earlier, timezone)) }
                }
            }
            dt { "Scores" }
            dd { (scores(&data.scores, timezone)) }
            dt { "Creators" }
            dd { (creators(data)) }
            dt { "Dead letters" }
            dd {
                @if data.dead_letters == 0 { "none wait in the data folder" }
                @else { (counted(data.dead_letters, "refused document waits", "refused documents wait")) " in the data folder: see viralmine dead-letters list" }
                @if data.settled.dead > 0 { "; " (exact(data.settled.dead)) " were refused in all" }
                "."
            }
        }
        (ages(&data.ages))
        @if !data.failed.is_empty() {
            (table(
                "Creators that the API refused, the latest first",
                &[Head::text("Creator"), Head::text("Its words")],
                data.failed.iter().map(|failed| {
                    vec![Cell::Text(html! { bdi { (cut(&failed.sec_user_id, 90)) } }), Cell::Prose(prose(&failed.error))]
                }).collect(),
            ))
        }
    }
}

/// From one minute to another.
pub(super) fn window(span: &Span, timezone: &TimeZone) -> String {
    let shown = |seconds| minute(seconds, timezone).unwrap_or_else(|| "?".to_owned());
    format!("{} to {}", shown(span.from), shown(span.to))
}

fn scores(scores: &Standing, timezone: &TimeZone) -> String {
    let when = scores.scored_at.and_then(|moment| minute(moment / 1_000, timezone));
    let last = match (when, scores.videos) {
        (Some(when), Some(videos)) => format!("computed {when} over {}", counted(videos, "post", "posts")),
        _ if scores.unfinished => "a pass began and has not ended".to_owned(),
        _ => return "none yet: run viralmine score".to_owned(),
    };
    let without = match scores.unscored {
        0 => String::new(),
        unscored => format!(", {} without", counted(unscored, "post", "posts")),
    };
    let standing = if scores.behind { "behind the data: run viralmine score" } else { "up to date" };
    format!("{standing}; {last}{without}")
}

fn creators(data: &Data) -> String {
    let creators = &data.creators;
    if creators.done + creators.under_way + creators.failed == 0 {
        return "none was walked: the posts came by replay, or one by one".to_owned();
    }
    let kinds = [
        (creators.by_since, "only as far back as --since"),
        (creators.by_max_pages, "only as far as --max-pages"),
        (creators.with_warning, "perhaps incomplete, the API contradicted itself"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{} {words}", exact(*count)))
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join("; ")) };
    format!(
        "{} walked to the end{kinds}, {} under way, {} failed",
        exact(creators.done),
        exact(creators.under_way),
        exact(creators.failed)
    )
}

fn ages(bands: &[AgeBand]) -> Markup {
    let all: u64 = bands.iter().map(|band| band.posts).sum();
    if all == 0 {
        return html! {};
    }
    let mut from = 0;
    let rows = bands.iter().map(|band| {
        let words = match band.below_hours {
            Some(to) if from == 0 => format!("within {}", span(to)),
            Some(to) => format!("{} to {}", span(from), span(to)),
            None => format!("{} and more", span(from)),
        };
        from = band.below_hours.unwrap_or(from);
        let share = band.posts as f64 / all as f64;
        vec![Cell::Text(html! { (words) }), Cell::count(band.posts), Cell::percent(Some(share))]
    });
    let heads = [Head::text("Fetched before the newest fetch"), Head::number("Posts"), Head::number("Share")];
    table("How old the counts are", &heads, rows.collect())
}

fn span(hours: u64) -> String {
    counted(hours / 24, "day", "days")
}
