//! The plan of a backfill for people. (As JSON it is the report's own serialization.)

use std::fmt::Write as _;
use std::time::Duration;

use super::report::elapsed;
use super::shown::number;
use crate::jobs::plan::{Figures, PlanReport};

const HOW_TO_KNOW: &str = "           \
           How many pages these creators have is not known. --max-pages 1 costs one request each and tells who has
           no more; a few creators walked to their end tell the rest: then plan again.
";

/// The plan, several lines.
#[must_use]
pub fn text(plan: &PlanReport) -> String {
    let (creators, assumed) = (&plan.creators, &plan.assumed);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "creators   {} to begin, {} to go on, {} done, {} refused before",
        number(creators.begin),
        number(creators.go_on),
        number(creators.done),
        number(creators.parked)
    );
    let _ = writeln!(text, "requests   {}; tries that fail come on top", range(plan.requests, number));
    if plan.requests.estimate.is_none() {
        text.push_str(HOW_TO_KNOW);
    } else if assumed.known_walks > 0 {
        let _ =
            writeln!(text, "           (by {} of these creators, walked to their end)", number(assumed.known_walks));
    }
    if let Some(budget) = assumed.budget {
        let _ = writeln!(text, "budget     {} requests a run: {}", number(budget), runs(plan.requests, budget));
    }
    let duration = |seconds| elapsed(Duration::from_secs(seconds));
    let rate = assumed.requests_per_second;
    let _ = writeln!(text, "time       {}, at {rate:.2} requests a second", range(plan.seconds, duration));
    let how = match (assumed.page_bytes > 0.0, assumed.page_bytes_measured) {
        (false, _) => "none is kept",
        (true, true) => "as measured in this archive",
        (true, false) => "as real posts take in general",
    };
    let page = bytes(assumed.page_bytes);
    let _ = writeln!(text, "archive    {}, {page} a page ({how})", range(plan.archive_bytes, whole_bytes));
    let posts = assumed.posts_per_page;
    let _ = writeln!(text, "index      {}, at {posts:.0} posts a page, all new", range(plan.index_bytes, whole_bytes));
    if let (Some(money), Some(price)) = (plan.money, assumed.price_per_request) {
        let _ = writeln!(text, "money      {}, at {price} a request", range(money, amount));
    }
    text
}

/// "about 12 (3 to 40)", as far as it is known.
fn range<T: Copy + PartialEq>(figures: Figures<T>, shown: impl Fn(T) -> String) -> String {
    let least = shown(figures.least);
    match (figures.estimate, figures.most.map(&shown)) {
        (_, Some(most)) if most == least => least,
        (Some(estimate), Some(most)) => format!("about {} ({least} to {most})", shown(estimate)),
        (Some(estimate), None) if estimate == figures.least => format!("about {least}"),
        (Some(estimate), None) => format!("about {} (at least {least})", shown(estimate)),
        (None, Some(most)) => format!("{least} to {most}"),
        (None, None) => format!("at least {least}"),
    }
}

/// How often the same command is to be run.
fn runs(requests: Figures<u64>, budget: u64) -> String {
    match requests.estimate.or(requests.most) {
        _ if budget == 0 => "nothing is asked".to_owned(),
        Some(requests) if requests <= budget => "one run".to_owned(),
        Some(requests) => format!("about {} runs", number(requests.div_ceil(budget))),
        None => "not known how many runs".to_owned(),
    }
}

/// In an unnamed currency: two digits behind the point, and more where they would say nothing.
fn amount(money: f64) -> String {
    if money > 0.0 && money < 1.0 { format!("{money:.4}") } else { format!("{money:.2}") }
}

fn whole_bytes(count: u64) -> String {
    bytes(count as f64)
}

/// 940 B, 12 kB, 3.4 MB: powers of a thousand, as disks are sold.
fn bytes(mut value: f64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut unit = "B";
    for larger in UNITS {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if value < 9.95 && unit != "B" { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::plan::{Assumed, PlannedCreators};

    fn figures<T>(least: T, estimate: Option<T>, most: Option<T>) -> Figures<T> {
        Figures { least, estimate, most }
    }

    fn plan() -> PlanReport {
        PlanReport {
            creators: PlannedCreators { begin: 120, go_on: 3, done: 40, parked: 2 },
            requests: figures(123, Some(1_940), Some(2_460)),
            seconds: figures(42, Some(660), Some(836)),
            archive_bytes: figures(1_291_500, Some(20_370_000), Some(25_830_000)),
            index_bytes: figures(5_166_000, Some(81_480_000), Some(103_320_000)),
            money: Some(figures(0.246, Some(3.88), Some(4.92))),
            assumed: Assumed {
                known_walks: 40,
                requests_per_second: 2.941,
                posts_per_page: 34.6,
                page_bytes: 10_700.0,
                page_bytes_measured: true,
                price_per_request: Some(0.002),
                budget: Some(500),
            },
        }
    }

    #[test]
    fn every_figure_says_what_it_rests_on() {
        let expected = "\
creators   120 to begin, 3 to go on, 40 done, 2 refused before
requests   about 1 940 (123 to 2 460); tries that fail come on top
           (by 40 of these creators, walked to their end)
budget     500 requests a run: about 4 runs
time       about 11 min 00 s (42 s to 13 min 56 s), at 2.94 requests a second
archive    about 20 MB (1.3 MB to 26 MB), 11 kB a page (as measured in this archive)
index      about 81 MB (5.2 MB to 103 MB), at 35 posts a page, all new
money      about 3.88 (0.2460 to 4.92), at 0.002 a request
";
        assert_eq!(text(&plan()).replace('\u{2009}', " "), expected);
    }

    #[test]
    fn what_is_not_known_is_said_and_how_to_know_it() {
        let unknown = PlanReport { requests: figures(123, None, None), money: None, ..plan() };
        let text = text(&unknown);
        assert!(text.contains("requests   at least 123; tries") && text.contains("--max-pages 1 costs one"), "{text}");
        assert!(text.contains("\n           How many pages"), "under its own words: {text}");
        assert!(text.contains("500 requests a run: not known how many") && !text.contains("money"), "{text}");
    }

    #[test]
    fn bytes_are_as_long_as_they_need_to_be() {
        let shown = [0, 999, 1_000, 9_940, 9_960, 12_345, 999_600, 3_400_000_000].map(whole_bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "9.9 kB", "10 kB", "12 kB", "1.0 MB", "3.4 GB"]);
    }
}
