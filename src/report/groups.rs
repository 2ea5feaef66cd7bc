//! Keywords, categories and sounds.

use maud::{Markup, html};

use super::table::{Cell, Head, table};
use super::text::name;
use crate::insight::groups::GroupRow;
use crate::jobs::report::Report;

/// Words of viral posts, or of most posts.
pub(super) fn keywords(report: &Report) -> Markup {
    let keywords = &report.keywords;
    if keywords.rows.is_empty() {
        return html! { p .empty { "No post has a text with words in it." } };
    }
    let is_by_lift = keywords.by == "lift";
    let (posts, lift) = if is_by_lift {
        (Head::number("Posts"), Head::sorted("Lift"))
    } else {
        (Head::sorted("Posts"), Head::number("Lift"))
    };
    let heads = [
        Head::text("Keyword"),
        lift,
        Head::number("Viral"),
        posts,
        Head::number("Creators"),
        Head::number("Median plays"),
        Head::text("Finding"),
    ];
    let cells = |row: &GroupRow| {
        vec![
            Cell::Text(name(&row.name)),
            Cell::figure(row.lift),
            Cell::count(row.tally.viral),
            Cell::count(row.tally.posts),
            Cell::count(row.creators),
            Cell::median(row.median_plays),
            Cell::Text(claims(row)),
        ]
    };
    let caption = if is_by_lift { "Words and pairs of words by lift" } else { "Words and pairs of words by posts" };
    html! {
        p .lead {
            @if is_by_lift {
                "Words and pairs of neighbours that viral posts have and others have not, the tags left out."
                @if !keywords.rows.iter().any(|row| row.lifted) { " None of them is more than chance explains: take them as hints." }
            } @else {
                "The most used words, the tags left out: no word stands among viral posts more often than among all."
            }
        }
        (table(caption, &heads, keywords.rows.iter().map(cells).collect()))
    }
}

/// The user's own categories.
pub(super) fn categories(report: &Report) -> Markup {
    if report.categories.iter().all(|row| row.tally.posts == 0) {
        return html! { p .empty { "No post is in any category; a file of your own categories is named with --categories." } };
    }
    let (some, none): (Vec<&GroupRow>, Vec<&GroupRow>) = report.categories.iter().partition(|row| row.tally.posts > 0);
    let rows = some.into_iter().map(|row| cells(row, name(&row.name), false)).collect();
    html! {
        p .lead {
            "Categories of tags and words, side by side; a post may be in several. A file of your own is named with --categories."
        }
        (table("Categories by plays", &heads("Category", false), rows))
        @if !none.is_empty() {
            p .quiet.after {
                "Without a post: "
                @for (position, row) in none.iter().enumerate() { @if position > 0 { ", " } (name(&row.name)) }
                "."
            }
        }
    }
}

/// Sounds.
pub(super) fn sounds(report: &Report) -> Markup {
    if report.sounds.is_empty() {
        return html! { p .empty { "No post names its sound." } };
    }
    let title = |row: &GroupRow| {
        let (music, author) = row.music.clone().unwrap_or_default();
        html! {
            (name(&music))
            @if !author.is_empty() { span .under { (name(&author)) } }
        }
    };
    html! {
        p .lead { "The sounds of most posts." }
        (table("Sounds by posts", &heads("Sound", true), report.sounds.iter().map(|row| cells(row, title(row), true)).collect()))
    }
}

fn heads(first: &'static str, is_by_posts: bool) -> [Head; 8] {
    let (posts, plays) = if is_by_posts {
        (Head::sorted("Posts"), Head::number("Plays"))
    } else {
        (Head::number("Posts"), Head::sorted("Plays"))
    };
    let (one, other) = if is_by_posts { (posts, plays) } else { (plays, posts) };
    [
        Head::text(first),
        one,
        other,
        Head::number("Creators"),
        Head::number("Median plays"),
        Head::number("Lift"),
        Head::number("Growth"),
        Head::text("Finding"),
    ]
}

fn cells(row: &GroupRow, title: Markup, is_by_posts: bool) -> Vec<Cell> {
    let (posts, plays) = (Cell::count(row.tally.posts), Cell::count(row.tally.plays));
    let (one, other) = if is_by_posts { (posts, plays) } else { (plays, posts) };
    vec![
        Cell::Text(title),
        one,
        other,
        Cell::count(row.creators),
        Cell::median(row.median_plays),
        Cell::figure(row.lift),
        Cell::times(row.growth),
        Cell::Text(claims(row)),
    ]
}

/// What is claimed of a group.
pub(super) fn claims(row: &GroupRow) -> Markup {
    html! {
        @if row.lifted { span .tag.claim { "lifted" } }
        @if row.bursting { span .tag.claim { "bursting" } }
        @if row.generic == Some(true) { span .tag { "generic" } }
    }
}
