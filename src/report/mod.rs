//! The report as one HTML page that stands alone: no script, style, image or font comes from elsewhere.
//!
//! `overview`, `hashtags`, `posts`, `creators`, `groups`, `data` and `method` are its sections, in the order of the
//! page; `chart` draws, `table` lays out, `figures` writes numbers and dates, `text` makes strangers' texts harmless.
//! maud escapes whatever is put into the page; the two files that are not escaped are our own style and script, which
//! the page's policy names by their hashes, so that nothing else can run or load.

mod chart;
mod creators;
mod data;
mod figures;
mod groups;
mod hashtags;
mod method;
mod overview;
mod posts;
mod table;
mod text;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};

use crate::jobs::report::Report;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page; days and times are those of `timezone`, which is the report's.
#[must_use]
pub fn page(report: &Report, timezone: &TimeZone) -> String {
    let sections = sections(report, timezone);
    let title = text::title(&report.about);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "viralmine " (env!("CARGO_PKG_VERSION")) };
                title { (title) }
                // Without it a browser asks the page's server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                (overview::header(report, timezone))
                nav aria-label="Sections" {
                    ul { @for (id, name, _) in &sections { li { a href={ "#" (id) } { (name) } } } }
                }
                main {
                    @for (position, (id, name, body)) in sections.iter().enumerate() {
                        section #(id) .first[position == 0] aria-labelledby={ "h-" (id) } {
                            h2 id={ "h-" (id) } { (name) }
                            (body)
                        }
                    }
                }
                footer { "Made by viralmine " (env!("CARGO_PKG_VERSION")) " of what is stored, without a clock: the same data make the same page." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

/// Id, name and content of each.
fn sections(report: &Report, timezone: &TimeZone) -> Vec<(&'static str, &'static str, Markup)> {
    vec![
        ("numbers", "In numbers", overview::numbers(report, timezone)),
        ("time", "Over time", overview::over_time(&report.over_time)),
        ("viral", "Viral posts", posts::unusual(report, timezone)),
        ("rising", "Rising posts", posts::rising(report, timezone)),
        ("hashtags", "Hashtags", hashtags::used(report, timezone)),
        ("together", "Hashtags that go together", hashtags::together(&report.related)),
        ("creators", "Creators", creators::section(report)),
        ("hours", "Best hours", overview::hours(report)),
        ("keywords", "Keywords", groups::keywords(report)),
        ("categories", "Categories", groups::categories(report)),
        ("sounds", "Sounds", groups::sounds(report)),
        ("engagement", "Engagement", posts::engaging(report, timezone)),
        ("data", "How fresh and complete", data::section(report, timezone)),
        ("method", "How it is computed", method::section()),
    ]
}

/// Nothing may be loaded, sent or run but the style and the script that stand in the page.
fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

#[cfg(test)]
mod tests;
