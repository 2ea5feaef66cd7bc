//! Plays over time as bars, and below them, at the same places, the posts they are of.

use maud::{Markup, html};

use super::{Size, at, drawing, ticks};
use crate::insight::history::{Bar, History, Unit};
use crate::report::figures::{exact, round};

/// Room for the numbers of the axis.
const LEFT: f64 = 44.0;
const TOP: f64 = 8.0;
const GAP: f64 = 20.0;
const BOTTOM: f64 = 24.0;

/// One row of bars.
struct Panel {
    top: f64,
    height: f64,
    ticks: Vec<f64>,
    class: &'static str,
    value: fn(&Bar) -> u64,
}

impl Panel {
    fn new(history: &History, top: f64, height: f64, count: f64, class: &'static str, value: fn(&Bar) -> u64) -> Self {
        let highest = history.bars.iter().map(value).max().unwrap_or(0);
        // No tick between two posts.
        let ticks = ticks((highest as f64).max(count), count);
        Self { top, height, ticks, class, value }
    }

    fn y(&self, value: f64) -> f64 {
        let highest = self.ticks.last().copied().unwrap_or(1.0);
        self.top + self.height * (1.0 - value / highest)
    }

    fn grid(&self, width: f64) -> Markup {
        html! {
            @for tick in &self.ticks {
                @let y = self.y(*tick);
                line class=(if *tick > 0.0 { "grid" } else { "axis" }) x1=(at(LEFT)) x2=(at(width)) y1=(at(y)) y2=(at(y)) {}
                text x=(at(LEFT - 8.0)) y=(at(y + 4.0)) text-anchor="end" { (round(*tick)) }
            }
        }
    }

    fn bar(&self, bar: &Bar, x: f64, width: f64) -> Markup {
        let value = (self.value)(bar) as f64;
        let y = self.y(value);
        let height = self.top + self.height - y;
        html! {
            @if value > 0.0 {
                // Even one post among thousands is seen.
                rect class={ "bar " (self.class) } x=(at(x)) y=(at(y.min(self.top + self.height - 1.0))) width=(at(width)) height=(at(height.max(1.0))) {}
            }
        }
    }
}

/// The chart for both widths.
pub(in crate::report) fn chart(history: &History) -> Markup {
    html! { @for size in Size::BOTH { (draw(history, size)) } }
}

fn draw(history: &History, size: Size) -> Markup {
    let (tall, low) = if size.is_wide() { (200.0, 60.0) } else { (150.0, 50.0) };
    let plays = Panel::new(history, TOP, tall, 4.0, "", |bar| bar.plays);
    let posts = Panel::new(history, TOP + tall + GAP, low, 2.0, "second", |bar| bar.posts);
    let count = history.bars.len() as f64;
    let step = (size.width() - LEFT) / count;
    let width = (step * 0.78).clamp(1.0, 48.0);
    let x = |position: usize| LEFT + step * position as f64;
    let height = TOP + tall + GAP + low + BOTTOM;
    let unit = history.unit.name();
    let content = html! {
        (plays.grid(size.width()))
        (posts.grid(size.width()))
        @for (position, bar) in history.bars.iter().enumerate() {
            g .mark {
                title { (format!("{}: {} plays, {} posts", name(bar, history.unit), exact(bar.plays), exact(bar.posts))) }
                rect .reach x=(at(x(position))) y=(at(TOP)) width=(at(step)) height=(at(tall + GAP + low)) {}
                @for panel in [&plays, &posts] { (panel.bar(bar, x(position) + (step - width) / 2.0, width)) }
            }
        }
        @for (position, words) in labels(history, if size.is_wide() { 8 } else { 3 }) {
            text x=(at(x(position) + step / 2.0)) y=(at(height - 6.0)) text-anchor=(anchor(position, history.bars.len())) { (words) }
        }
    };
    let highest = history.bars.iter().max_by_key(|bar| bar.plays);
    let most = highest
        .map_or_else(String::new, |bar| format!(" Most plays: {}, {}.", name(bar, history.unit), exact(bar.plays)));
    let description =
        format!("{} bars, one for each {unit}.{most} The numbers are in the table below.", history.bars.len());
    drawing(
        "history",
        size,
        (size.width(), height),
        &format!("Plays and posts by {unit} of posting"),
        &description,
        &content,
    )
}

/// The first and the last label would leave the drawing.
fn anchor(position: usize, count: usize) -> &'static str {
    match position {
        _ if count < 4 => "middle",
        0 => "start",
        _ if position + 1 == count => "end",
        _ => "middle",
    }
}

/// At most so many labels at equal distances. The year stands where it changes.
fn labels(history: &History, most: usize) -> Vec<(usize, String)> {
    let distance = history.bars.len().div_ceil(most).max(1);
    let mut year = None;
    let label = |(position, bar): (usize, &Bar)| {
        let is_new = year.replace(bar.start.year()) != Some(bar.start.year());
        let format = match history.unit {
            Unit::Day | Unit::Week if is_new => "%b %-d, %Y",
            Unit::Day | Unit::Week => "%b %-d",
            Unit::Month | Unit::Quarter => "%b %Y",
            Unit::Year => "%Y",
        };
        (position, bar.start.strftime(format).to_string())
    };
    history.bars.iter().enumerate().step_by(distance).map(label).collect()
}

fn name(bar: &Bar, unit: Unit) -> String {
    match unit {
        Unit::Day => bar.start.to_string(),
        Unit::Week => format!("week from {}", bar.start),
        Unit::Month => bar.start.strftime("%B %Y").to_string(),
        Unit::Quarter => format!("three months from {}", bar.start),
        Unit::Year => bar.start.strftime("%Y").to_string(),
    }
}
