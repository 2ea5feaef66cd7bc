//! Creators as dots: how much a post of theirs is usually played, on a logarithmic axis, against how often one goes far
//! beyond that.

use maud::{Markup, html};

use super::{Size, at, drawing, text_width, ticks};
use crate::jobs::report::Creator;
use crate::report::figures::{exact_figure, percent, round};
use crate::report::text::{cut, handle};

const LEFT: f64 = 44.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;
const RADIUS: f64 = 5.0;

/// So many dots are named, where their names do not lie on each other.
const NAMED: usize = 6;

/// Letters of a name.
const LONGEST_NAME: usize = 20;

/// Where dots are drawn.
struct Plane {
    right: f64,
    height: f64,
    /// The decades of the lower axis: powers of ten.
    decades: (i32, i32),
    ticks: Vec<f64>,
}

impl Plane {
    fn of(dots: &[Dot<'_>], size: Size) -> Self {
        let exponents = dots.iter().map(|dot| dot.median.log10());
        let lowest = exponents.clone().fold(f64::INFINITY, f64::min);
        let highest = exponents.fold(f64::NEG_INFINITY, f64::max);
        #[expect(clippy::cast_possible_truncation, reason = "exponents of plays are below 20")]
        let (first, last) = (lowest.floor() as i32, highest.ceil() as i32);
        let best = dots.iter().map(|dot| dot.hit_rate).fold(0.0, f64::max);
        Self {
            right: size.width() - 12.0,
            height: if size.is_wide() { 340.0 } else { 260.0 },
            decades: (first, last.max(first + 1)),
            ticks: ticks(best.max(0.04), 4.0),
        }
    }

    fn x(&self, plays: f64) -> f64 {
        let (first, last) = self.decades;
        LEFT + (self.right - LEFT) * (plays.log10() - f64::from(first)) / f64::from(last - first)
    }

    fn y(&self, rate: f64) -> f64 {
        TOP + self.height * (1.0 - rate / self.ticks.last().copied().unwrap_or(1.0))
    }

    fn grid(&self) -> Markup {
        html! {
            @for tick in &self.ticks {
                @let y = self.y(*tick);
                line class=(if *tick > 0.0 { "grid" } else { "axis" }) x1=(at(LEFT)) x2=(at(self.right)) y1=(at(y)) y2=(at(y)) {}
                text x=(at(LEFT - 8.0)) y=(at(y + 4.0)) text-anchor="end" { (short_percent(*tick)) }
            }
            @for exponent in self.decades.0..=self.decades.1 {
                @let (plays, anchor) = (10_f64.powi(exponent), if exponent == self.decades.1 { "end" } else { "middle" });
                @let x = self.x(plays);
                line .grid x1=(at(x)) x2=(at(x)) y1=(at(TOP)) y2=(at(TOP + self.height)) {}
                text x=(at(x)) y=(at(TOP + self.height + 16.0)) text-anchor=(anchor) { (round(plays)) }
            }
            text x=(at(f64::midpoint(LEFT, self.right))) y=(at(TOP + self.height + 34.0)) text-anchor="middle" { "median plays" }
        }
    }
}

/// One creator that can be drawn.
struct Dot<'a> {
    creator: &'a Creator,
    median: f64,
    hit_rate: f64,
}

/// The chart for both widths; `None` without a creator that can be drawn.
pub(in crate::report) fn chart(creators: &[Creator]) -> Option<Markup> {
    let dot = |creator| -> Option<Dot<'_>> {
        let creator: &Creator = creator;
        let median = creator.median_plays?.0.max(1.0);
        Some(Dot { creator, median, hit_rate: creator.hit_rate? })
    };
    let dots: Vec<Dot<'_>> = creators.iter().filter_map(dot).collect();
    (!dots.is_empty()).then(|| html! { @for size in Size::BOTH { (draw(&dots, size)) } })
}

fn draw(dots: &[Dot<'_>], size: Size) -> Markup {
    let plane = Plane::of(dots, size);
    let labels = labels(dots, &plane);
    let content = html! {
        (plane.grid())
        // The best come first, and are to lie above the others.
        @for (position, dot) in dots.iter().enumerate().rev() {
            @let is_named = labels.iter().any(|label| label.dot == position);
            circle class=(if is_named { "dot named" } else { "dot" }) cx=(at(plane.x(dot.median))) cy=(at(plane.y(dot.hit_rate))) r=(at(RADIUS)) {
                title { (words(dot)) }
            }
        }
        @for label in &labels {
            text .name x=(at(label.x)) y=(at(label.y + 4.0)) text-anchor=(label.anchor) { (label.text) }
        }
    };
    let description = format!(
        "{} creators by median plays (logarithmic) and hit rate, the share of posts with three times the median. The numbers \
         are in the table below.",
        dots.len()
    );
    let title = "Creators by median plays and hit rate";
    drawing("creators", size, (size.width(), TOP + plane.height + BOTTOM), title, &description, &content)
}

fn words(dot: &Dot<'_>) -> String {
    format!(
        "{}: median {} plays, hit rate {} of {} judged posts",
        handle(&dot.creator.unique_id, &dot.creator.sec_user_id),
        exact_figure(dot.median),
        percent(Some(dot.hit_rate)),
        dot.creator.judged
    )
}

/// A name beside its dot.
struct Label {
    dot: usize,
    x: f64,
    y: f64,
    width: f64,
    anchor: &'static str,
    text: String,
}

impl Label {
    /// Where it starts and ends.
    fn span(&self) -> (f64, f64) {
        if self.anchor == "end" { (self.x - self.width, self.x) } else { (self.x, self.x + self.width) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let ((start, end), (other_start, other_end)) = (self.span(), other.span());
        (self.y - other.y).abs() < 15.0 && start < other_end + 4.0 && other_start < end + 4.0
    }

    fn covers(&self, x: f64, y: f64) -> bool {
        let (start, end) = self.span();
        (self.y - y).abs() < RADIUS + 4.0 && x > start - RADIUS && x < end + RADIUS
    }
}

/// Names of the first dots, that is those of the highest hit rates, where there is room.
fn labels(dots: &[Dot<'_>], plane: &Plane) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for (position, dot) in dots.iter().enumerate() {
        if labels.len() == NAMED {
            break;
        }
        let text = cut(&handle(&dot.creator.unique_id, &dot.creator.sec_user_id), LONGEST_NAME);
        let (x, y, width) = (plane.x(dot.median), plane.y(dot.hit_rate), text_width(&text));
        for (anchor, x) in [("start", x + RADIUS + 4.0), ("end", x - RADIUS - 4.0)] {
            let label = Label { dot: position, x, y, width, anchor, text: text.clone() };
            let is_inside = label.span().0 > LEFT && label.span().1 < plane.right + 8.0;
            let is_free = labels.iter().all(|other| !label.overlaps(other))
                && dots
                    .iter()
                    .enumerate()
                    .all(|(other, dot)| other == position || !label.covers(plane.x(dot.median), plane.y(dot.hit_rate)));
            if is_inside && is_free {
                labels.push(label);
                break;
            }
        }
    }
    labels
}

fn short_percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}
