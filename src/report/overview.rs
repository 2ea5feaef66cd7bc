//! What the page opens with, the headline numbers, and what the posts do over time and by the hour.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::chart::{bars, hours};
use super::figures::{NOTHING, counted, exact, exact_figure, minute, percent, short, short_count, shown_as};
use super::table::{Cell, Head, table};
use super::text::about_words;
use crate::insight::history::{History, Unit};
use crate::jobs::report::{Chance, Report};

/// An hour with fewer posts says little.
pub(super) const FEW: u64 = 10;

/// Title, what the report is about, and what a reader must know before any number.
pub(super) fn header(report: &Report, timezone: &TimeZone) -> Markup {
    let about = &report.about;
    let words = about_words(about);
    let since = about.since.and_then(|since| minute(since, timezone));
    let until = about.until.and_then(|until| minute(until, timezone));
    html! {
        header {
            p .brand { "viralmine report" }
            h1 {
                @if words.is_empty() { "All posts" } @else {
                    @for (position, words) in words.iter().enumerate() { @if position > 0 { ", " } bdi { (words) } }
                }
            }
            p .about {
                @match (since, until) {
                    (None, None) => { "whenever they were posted" }
                    (Some(since), None) => { "posted since " (since) }
                    (None, Some(until)) => { "posted before " (until) }
                    (Some(since), Some(until)) => { "posted from " (since) " to " (until) }
                }
                @if let Some(newest) = report.data.newest_fetched_at.and_then(|newest| minute(newest / 1_000, timezone)) {
                    " · data up to " (newest)
                }
                " · times in " (about.timezone)
            }
            @for words in notices(report) { p .notice role="note" { (words) } }
        }
    }
}

/// What must be known before any number.
fn notices(report: &Report) -> Vec<String> {
    let mut notices = Vec::new();
    let scores = &report.data.scores;
    if report.headline.posts == 0 {
        notices.push(
            "No stored post matches; the parts below are empty. Ask for more: fewer filters, a longer time.".to_owned(),
        );
    }
    if report.data.stored > 0 && scores.scored_at.is_none() {
        notices.push(
            "There are no scores yet, so nothing is said of viral posts, creators and hours: run viralmine score, and make \
             the report again."
                .to_owned(),
        );
    } else if scores.behind {
        notices.push("The scores are behind the data: run viralmine score, and make the report again.".to_owned());
    }
    if let Some(chance) = report.chance.as_ref().filter(|chance| chance.viral > 0 && !chance.beyond_chance) {
        notices.push(format!(
            "Nothing is known to have gone viral: {}. Posts that are shown as viral may be there by chance.",
            beside_chance(chance)
        ));
    }
    notices
}

fn beside_chance(chance: &Chance) -> String {
    format!(
        "{} of all {} judged posts have a z of 3.5 or more, and chance alone makes about {}",
        exact(chance.viral),
        exact(chance.judged),
        short(chance.viral_by_chance)
    )
}

/// The headline numbers.
pub(super) fn numbers(report: &Report, timezone: &TimeZone) -> Markup {
    let headline = &report.headline;
    let posted = match (headline.first_day, headline.last_day) {
        (Some(first), Some(last)) if first == last => format!("of {first}"),
        (Some(first), Some(last)) => format!("from {first} to {last}"),
        _ => String::new(),
    };
    let median = headline.median_plays.map(|median| median.0);
    let share = (headline.judged > 0).then(|| headline.viral as f64 / headline.judged as f64);
    let newest = |format| {
        let newest = report.data.newest_fetched_at.and_then(|newest| shown_as(newest / 1_000, timezone, format));
        newest.unwrap_or_else(|| NOTHING.to_owned())
    };
    html! {
        dl .tiles {
            (tile("Posts", &short_count(headline.posts), &exact(headline.posts), &posted))
            (tile("Creators", &short_count(headline.creators), &exact(headline.creators), "with such a post"))
            (tile("Plays", &short_count(headline.plays), &exact(headline.plays), "of all these posts"))
            (tile(
                "Median plays",
                &median.map_or_else(|| NOTHING.to_owned(), short),
                &median.map(exact_figure).unwrap_or_default(),
                "of a post",
            ))
            (tile(
                "Viral posts",
                &short_count(headline.viral),
                &exact(headline.viral),
                &format!("{} of {} judged", percent(share), short_count(headline.judged)),
            ))
            (tile("Newest data", &newest("%b %-d"), &newest("%Y-%m-%d %H:%M:%S"), &newest("%Y, %H:%M")))
        }
        @if let Some(chance) = report.chance.as_ref().filter(|chance| chance.beyond_chance) {
            p .quiet .after { "Over everything stored, " (beside_chance(chance)) "." }
        }
    }
}

fn tile(name: &str, value: &str, exact: &str, beside: &str) -> Markup {
    let title = (exact != value && !exact.is_empty()).then_some(exact);
    html! {
        div {
            dt { (name) }
            dd .value title=[title] { (value) }
            dd .beside { (beside) }
        }
    }
}

/// Plays and posts by the time of posting.
pub(super) fn over_time(history: &History) -> Markup {
    if history.bars.is_empty() {
        return html! { p .empty { "No post whose time of posting is known." } };
    }
    let unit = history.unit.name();
    let rows = history.bars.iter().map(|bar| {
        let start = html! { span .day { (bar.start.to_string()) } };
        vec![Cell::Text(start), Cell::count(bar.plays), Cell::count(bar.posts)]
    });
    let head = match history.unit {
        Unit::Day => Head::text("Day"),
        Unit::Week => Head::text("Week from"),
        Unit::Month | Unit::Quarter | Unit::Year => Head::text("From"),
    };
    html! {
        p .lead {
            "What the posts of each " (unit) " have been played so far. The newest ones have had less time to be played; what is \
             gaining now is told by plays an hour, under rising posts."
        }
        figure {
            (bars::chart(history))
            figcaption { "Above: plays of the posts of a " (unit) ", added up. Below: how many posts." }
        }
        details {
            summary { "The numbers" }
            (table(&format!("Plays and posts by {unit} of posting"), &[head, Head::number("Plays"), Head::number("Posts")], rows.collect()))
        }
    }
}

/// The hours of a week.
pub(super) fn hours(report: &Report) -> Markup {
    let rows = &report.timing;
    let posts: u64 = rows.iter().map(|row| row.posts).sum();
    if posts == 0 {
        return html! {
            p .empty { "No post could be judged: that takes scores, a known time, plays, and three other posts of its creator." }
        };
    }
    let zone = &report.about.timezone;
    let cells = rows.iter().filter(|row| row.posts > 0).map(|row| {
        vec![
            Cell::Text(html! { (row.weekday) " " (format!("{:02}:00", row.hour)) }),
            Cell::times(row.typical_multiple),
            Cell::count(row.posts),
            Cell::percent(row.viral_share),
        ]
    });
    let heads = [Head::text("Hour"), Head::number("Typical"), Head::number("Posts"), Head::number("Viral")];
    html! {
        p .lead {
            "How posts of each hour of the week do, as a multiple of what their own creator is used to: neither a giant account \
             nor one viral post speaks for an hour. 1× is as usual."
        }
        figure {
            (hours::chart(rows))
            (legend())
            figcaption {
                (counted(posts, "judged post", "judged posts")) ", times in " (zone) ". Small squares have fewer than " (FEW) " posts and say little."
            }
        }
        details {
            summary { "The numbers" }
            (table(&format!("Hours of the week in {zone}"), &heads, cells.collect()))
        }
    }
}

fn legend() -> Markup {
    html! {
        ul .legend {
            @for (class, words) in hours::LEGEND { li { i class=(class) {} (words) } }
            li { i .zero .few {} "fewer than " (FEW) " posts" }
        }
    }
}
