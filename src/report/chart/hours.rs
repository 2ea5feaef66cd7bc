//! The hours of a week as squares: their colour is how posts do, from orange (worse) to blue (better), which those tell
//! apart, too, who see no red or green.

use maud::{Markup, html};

use super::{Size, at, drawing};
use crate::insight::timing::{HourRow, WEEKDAYS};
use crate::report::figures::{exact, percent, times};
use crate::report::overview::FEW;

/// Classes of multiples, and what they mean.
pub(in crate::report) const LEGEND: [(&str, &str); 7] = [
    ("m3", "below 0.5×"),
    ("m2", "0.5–0.7×"),
    ("m1", "0.7–0.9×"),
    ("zero", "0.9–1.1×"),
    ("p1", "1.1–1.4×"),
    ("p2", "1.4–2×"),
    ("p3", "2× and more"),
];

/// The upper bounds of all but the last: the lower half's reciprocals are the upper half's bounds.
const BOUNDS: [f64; 6] = [0.5, 0.7, 0.9, 1.0 / 0.9, 1.0 / 0.7, 2.0];

const TOP: f64 = 20.0;

/// The chart for both widths.
pub(in crate::report) fn chart(rows: &[HourRow]) -> Markup {
    html! { @for size in Size::BOTH { (draw(rows, size)) } }
}

fn draw(rows: &[HourRow], size: Size) -> Markup {
    let (left, height, gap) = if size.is_wide() { (44.0, 30.0, 3.0) } else { (36.0, 24.0, 1.5) };
    let step = (size.width() - left) / 24.0;
    let content = html! {
        @for hour in (0..24_u8).step_by(if size.is_wide() { 3 } else { 6 }) {
            text x=(at(left + step * f64::from(hour))) y="12" { (format!("{hour:02}:00")) }
        }
        @for (day, name) in WEEKDAYS.iter().enumerate() {
            text x=(at(left - 8.0)) y=(at(TOP + height * (day as f64 + 0.5) + 4.0)) text-anchor="end" {
                (name.get(..3).unwrap_or(name))
            }
        }
        @for (position, row) in rows.iter().enumerate() {
            @let (x, y) = (left + step * f64::from(row.hour), TOP + height * (position / 24) as f64);
            (square(row, (x, y), (step - gap, height - gap)))
        }
    };
    let posts: u64 = rows.iter().map(|row| row.posts).sum();
    let description =
        format!("A square for each hour of the week, over {} posts; the numbers are in the table below.", exact(posts));
    drawing(
        "hours",
        size,
        (size.width(), TOP + height * 7.0),
        "How posts do by weekday and hour",
        &description,
        &content,
    )
}

fn square(row: &HourRow, (x, y): (f64, f64), (width, height): (f64, f64)) -> Markup {
    let share = match row.posts {
        0 => 0.25,
        posts if posts < FEW => 0.55,
        _ => 1.0,
    };
    let (inner_width, inner_height) = (width * share, height * share);
    let class = row.typical_multiple.map_or("none", class);
    let words = format!(
        "{} {:02}:00: {} of {} posts, {} viral",
        row.weekday,
        row.hour,
        times(row.typical_multiple),
        exact(row.posts),
        percent(row.viral_share)
    );
    html! {
        rect class={ "cell " (class) } x=(at(x + (width - inner_width) / 2.0)) y=(at(y + (height - inner_height) / 2.0))
            width=(at(inner_width)) height=(at(inner_height)) rx="2" {
            title { @if row.posts == 0 { (row.weekday) " " (format!("{:02}:00", row.hour)) ": no post" } @else { (words) } }
        }
    }
}

fn class(multiple: f64) -> &'static str {
    LEGEND[BOUNDS.iter().filter(|bound| multiple >= **bound).count()].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_even_on_both_sides_of_one() {
        let found = [0.1, 0.5, 0.75, 1.0, 1.12, 1.5, 2.0, 50.0].map(class);
        assert_eq!(found, ["m3", "m2", "m1", "zero", "p1", "p2", "p3", "p3"]);
    }
}
