//! Creators: a scatter, and the same as a table.

use maud::{Markup, html};

use super::chart::scatter;
use super::figures::exact;
use super::table::{Cell, Head, table};
use super::text::{handle, name};
use crate::jobs::report::{Creator, Report};

/// More rows stand below a fold.
const SHOWN: usize = 20;

const HEADS: [Head; 8] = [
    Head::text("Creator"),
    Head::sorted("Hit rate"),
    Head::number("Median plays"),
    Head::number("Viral"),
    Head::number("Posts"),
    Head::number("Posts a week"),
    Head::number("Engagement"),
    Head::number("Trend"),
];

/// The section.
pub(super) fn section(report: &Report) -> Markup {
    let creators = &report.creators.creators;
    if creators.is_empty() {
        return html! {
            p .empty {
                @if report.data.scores.scored_at.is_none() { "There are no scores yet: run viralmine score." }
                @else { "No creator has " (report.creators.min_judged) " posts that could be judged." }
            }
        };
    }
    let (first, others) = creators.split_at(creators.len().min(SHOWN));
    let total = report.creators.total;
    html! {
        p .lead {
            "How much a post of theirs is usually played, and how often one reaches three times that. All figures are of all \
             posts of a creator; with at least " (report.creators.min_judged) " judged ones."
        }
        @if let Some(chart) = scatter::chart(creators) {
            figure {
                (chart)
                figcaption {
                    "Up: more hits. Right: more plays, each line ten times as many. "
                    @if (creators.len() as u64) < total { "The " (creators.len()) " creators of " (exact(total)) " with the highest hit rates." }
                }
            }
        }
        (table("Creators by hit rate", &HEADS, first.iter().map(cells).collect()))
        @if !others.is_empty() {
            details {
                summary { "The next " (others.len()) }
                (table("More creators by hit rate", &HEADS, others.iter().map(cells).collect()))
            }
        }
    }
}

fn cells(creator: &Creator) -> Vec<Cell> {
    let who = html! {
        bdi { (handle(&creator.unique_id, &creator.sec_user_id)) }
        @if !creator.nickname.is_empty() && creator.nickname != creator.unique_id { span .under { (name(&creator.nickname)) } }
    };
    vec![
        Cell::Text(who),
        Cell::percent(creator.hit_rate),
        Cell::median(creator.median_plays.map(|plays| plays.0)),
        Cell::count(creator.viral),
        Cell::count(creator.videos),
        Cell::figure(creator.posts_per_week),
        Cell::percent(creator.engagement),
        Cell::times(creator.trend),
    ]
}
