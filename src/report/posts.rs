//! Posts that are unusual for their creator, posts that are rising, posts that viewers react to: three lists, which do
//! not measure the same. Pictures are links, and nothing loads them.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::figures::{NOTHING, counted, exact, minute};
use super::table::{Cell, Head, table};
use super::text::{address, handle, link, prose};
use crate::jobs::report::{Post, PostList, Report};

/// Viral posts.
pub(super) fn unusual(report: &Report, timezone: &TimeZone) -> Markup {
    let list = &report.posts.unusual;
    let heads = [
        Head::text("Post"),
        Head::sorted("z"),
        Head::number("Multiple"),
        Head::number("Plays"),
        Head::text("Posted"),
        Head::text("Links"),
    ];
    let cells = |post: &Post| {
        vec![
            what(post),
            Cell::figure(post.z),
            Cell::times(post.multiple),
            Cell::plays(post.plays),
            posted(post, timezone),
            links(post),
        ]
    };
    html! {
        p .lead {
            "Far above what their own creator is used to, whether that is 500 plays or 5 million: z of 3.5 or more among the \
             creator's other posts, and three days old when fetched. The multiple is that of the creator's median."
        }
        @if list.posts.is_empty() {
            p .empty {
                @if report.data.scores.scored_at.is_none() { "There are no scores yet: run viralmine score." }
                @else if report.headline.judged == 0 { "No post could be judged: that takes three other posts of its creator, each three days old when fetched." }
                @else { "None of " (counted(report.headline.judged, "judged post", "judged posts")) " stands out." }
            }
        } @else {
            (table(&caption(list, "Viral posts by z"), &heads, list.posts.iter().map(cells).collect()))
        }
    }
}

/// What is rising.
pub(super) fn rising(report: &Report, timezone: &TimeZone) -> Markup {
    let list = &report.posts.rising;
    let heads = [
        Head::text("Post"),
        Head::sorted("Plays an hour"),
        Head::number("Plays"),
        Head::text("Posted"),
        Head::text("Links"),
    ];
    let cells = |post: &Post| {
        vec![
            what(post),
            Cell::figure(post.plays_per_hour),
            Cell::plays(post.plays),
            posted(post, timezone),
            links(post),
        ]
    };
    html! {
        p .lead {
            "What gains most plays, by plays an hour between posting and fetching, young posts too. It does not say whether that is \
             much for its creator."
        }
        @if list.posts.is_empty() { p .empty { (unscored(report)) } } @else {
            (table("Posts by plays an hour", &heads, list.posts.iter().map(cells).collect()))
        }
    }
}

/// What viewers react to.
pub(super) fn engaging(report: &Report, timezone: &TimeZone) -> Markup {
    let list = &report.posts.engaging;
    let heads = [
        Head::text("Post"),
        Head::sorted("Engagement"),
        Head::number("Plays"),
        Head::number("Likes"),
        Head::text("Posted"),
        Head::text("Links"),
    ];
    let cells = |post: &Post| {
        vec![
            what(post),
            Cell::percent(post.engagement),
            Cell::plays(post.plays),
            Cell::count(post.likes),
            posted(post, timezone),
            links(post),
        ]
    };
    html! {
        p .lead {
            "Likes, comments, shares and bookmarks for each play, smoothed so that 3 likes on 20 plays do not beat 3,000 on 20,000. \
             It describes how a post was taken; it does not tell what will rise."
        }
        @if list.posts.is_empty() { p .empty { (unscored(report)) } } @else {
            (table("Posts by smoothed engagement", &heads, list.posts.iter().map(cells).collect()))
        }
    }
}

fn unscored(report: &Report) -> &'static str {
    if report.data.scores.scored_at.is_none() {
        "There are no scores yet: run viralmine score."
    } else {
        "No post that matches has plays and a known time."
    }
}

fn caption(list: &PostList, what: &str) -> String {
    let shown = list.posts.len() as u64;
    if shown < list.total { format!("{what}, the first {shown} of {}", exact(list.total)) } else { what.to_owned() }
}

fn what(post: &Post) -> Cell {
    Cell::Post(html! {
        bdi { (handle(&post.unique_id, post.sec_user_id.as_deref().unwrap_or(NOTHING))) }
        (prose(&post.video_desc))
    })
}

fn posted(post: &Post, timezone: &TimeZone) -> Cell {
    let minute = post.publish_ts.and_then(|seconds| minute(seconds, timezone));
    Cell::Text(html! {
        @match minute.as_deref().and_then(|minute| minute.split_once(' ')) {
            None => { (NOTHING) }
            Some((day, time)) => { span .day { (day) } " " span .under { (time) } }
        }
    })
}

fn links(post: &Post) -> Cell {
    let page = post.link.as_deref().and_then(address);
    let cover = post.cover_img.as_deref().and_then(address);
    Cell::Links(html! {
        @if let Some(page) = &page { (link(page, "Post")) }
        @if page.is_some() && cover.is_some() { " · " }
        @if let Some(cover) = &cover { (link(cover, "Cover")) }
        @if page.is_none() && cover.is_none() { (NOTHING) }
    })
}
