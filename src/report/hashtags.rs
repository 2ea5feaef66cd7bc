//! Hashtags: the most used, the rising ones, and those that go together.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::chart::matrix;
use super::data::window;
use super::figures::exact;
use super::groups::claims;
use super::table::{Cell, Head, table};
use super::text::tag;
use crate::insight::groups::GroupRow;
use crate::jobs::report::{Related, Report};

/// So many pairs are listed.
const PAIRS: usize = 15;

/// The most used tags, and the rising ones.
pub(super) fn used(report: &Report, timezone: &TimeZone) -> Markup {
    let top = &report.hashtags.top;
    html! {
        @if top.is_empty() { p .empty { "No post carries a hashtag." } } @else {
            p .lead {
                "The tags of most posts. Lift says how much more often a tag stands among viral posts than among all; growth, how \
                 much more it is posted than before. A figure is marked as a finding only where chance does not explain it; a \
                 generic tag stands anywhere and tells nothing."
            }
            (top_table(top))
        }
        h3 #rising-hashtags { "Rising hashtags" }
        (rising(report, timezone))
    }
}

fn top_table(rows: &[GroupRow]) -> Markup {
    let heads = [
        Head::text("Hashtag"),
        Head::sorted("Posts"),
        Head::number("Creators"),
        Head::number("Plays"),
        Head::number("Median plays"),
        Head::number("Lift"),
        Head::number("Growth"),
        Head::text("Finding"),
    ];
    let cells = |row: &GroupRow| {
        vec![
            Cell::Text(tag(&row.name)),
            Cell::count(row.tally.posts),
            Cell::count(row.creators),
            Cell::count(row.tally.plays),
            Cell::median(row.median_plays),
            Cell::figure(row.lift),
            Cell::times(row.growth),
            Cell::Text(claims(row)),
        ]
    };
    table("Hashtags by posts", &heads, rows.iter().map(cells).collect())
}

fn rising(report: &Report, timezone: &TimeZone) -> Markup {
    let rows = &report.hashtags.rising;
    let Some(windows) = &report.data.windows else {
        return html! {
            p .empty { "Growth is not told: the posts asked for do not reach back over two windows, or nothing is stored." }
        };
    };
    let (recent, earlier) = (window(&windows.recent, timezone), window(&windows.earlier, timezone));
    if rows.is_empty() {
        return html! {
            p .empty {
                "Of the tags with 5 posts of 3 creators from " (recent) ", none that is not generic grew, or one of the windows has no post at all."
            }
        };
    }
    let heads = [
        Head::text("Hashtag"),
        Head::sorted("Growth"),
        Head::number("Posts now"),
        Head::number("Posts before"),
        Head::number("Creators"),
        Head::number("Median plays"),
        Head::text("Finding"),
    ];
    let cells = |row: &GroupRow| {
        vec![
            Cell::Text(tag(&row.name)),
            Cell::times(row.growth),
            Cell::count(row.tally.recent),
            Cell::count(row.tally.earlier),
            Cell::count(row.creators),
            Cell::median(row.median_plays),
            Cell::Text(claims(row)),
        ]
    };
    let bursting = rows.iter().filter(|row| row.bursting).count();
    html! {
        p .lead {
            "Posts from " (recent) " against those from " (earlier) "; 1× is as before. "
            @match bursting {
                0 => { "No growth here is more than chance explains: take it as a hint." }
                1 => { "One tag is bursting: more than chance explains." }
                _ => { (bursting) " tags are bursting: more than chance explains." }
            }
        }
        (table("Hashtags by growth, without generic ones", &heads, rows.iter().map(cells).collect()))
    }
}

/// Which tags go together.
pub(super) fn together(related: &Related) -> Markup {
    if related.pairs.is_empty() {
        return html! {
            p .empty { "No two tags that are not generic stand in one post." }
        };
    }
    let heads = [Head::text("Hashtag"), Head::text("Hashtag"), Head::sorted("NPMI"), Head::number("Posts")];
    let close = related.pairs.iter().filter(|pair| pair.npmi.is_some_and(|npmi| npmi.0 > 0.0)).take(PAIRS);
    let rows: Vec<Vec<Cell>> = close
        .map(|pair| {
            vec![
                Cell::Text(tag(&pair.one)),
                Cell::Name(tag(&pair.other)),
                Cell::figure(pair.npmi.map(|npmi| npmi.0)),
                Cell::count(pair.posts),
            ]
        })
        .collect();
    html! {
        p .lead {
            "How closely the most used tags that are not generic belong together: 1 when they only stand together, 0 when they \
             meet as often as by chance."
        }
        div .pair {
            figure {
                (matrix::chart(related))
                ul .legend {
                    @for (class, words) in matrix::LEGEND { li { i class=(class) {} (words) } }
                    li { i .zero .few {} "fewer than " (exact(related.min_posts)) " posts" }
                }
            }
            @if rows.is_empty() { p .empty { "No two of them meet more often than by chance." } } @else {
                (table("The closest pairs, and the posts that carry both", &heads, rows))
            }
        }
    }
}
