//! Which tags go together: a triangle of squares, a row for each tag; the diagonal carries the numbers of the columns.

use maud::{Markup, html};

use super::{Size, at, drawing};
use crate::jobs::report::{Pair, Related};
use crate::report::figures::{exact, figure};
use crate::report::text::cut;

/// Classes of NPMI, and what they mean.
pub(in crate::report) const LEGEND: [(&str, &str); 5] = [
    ("m2", "below −0.1: seldom together"),
    ("zero", "−0.1 to 0.1: as by chance"),
    ("p1", "0.1 to 0.3"),
    ("p2", "0.3 to 0.5"),
    ("p3", "0.5 and more"),
];

const BOUNDS: [f64; 4] = [-0.1, 0.1, 0.3, 0.5];

/// Letters of a tag.
const LONGEST_NAME: usize = 16;

/// The chart for both widths.
pub(in crate::report) fn chart(related: &Related) -> Markup {
    html! { @for size in Size::BOTH { (draw(related, size)) } }
}

fn draw(related: &Related, size: Size) -> Markup {
    let count = related.tags.len();
    // Beside a table, it has half of a desk's width.
    let (width, left) = if size.is_wide() { (480.0, 140.0) } else { (size.width(), 130.0) };
    let step = ((width - left) / count as f64).min(30.0);
    let content = html! {
        @for (row, tag) in related.tags.iter().enumerate() {
            @let y = step * row as f64;
            text .name x=(at(left - 8.0)) y=(at(y + step / 2.0 + 4.0)) text-anchor="end" {
                (cut(&format!("#{tag}"), LONGEST_NAME))
            }
            @for column in 0..row { (square(related, row, column, (left + step * column as f64, y), step - 2.0)) }
            text x=(at(left + step * (row as f64 + 0.5) - 1.0)) y=(at(y + step / 2.0 + 4.0)) text-anchor="middle" { (row + 1) }
        }
    };
    let description = format!(
        "The {count} most used tags that are not generic, each against those above it. The closest pairs are in the table below."
    );
    let title = "Hashtags that go together (NPMI)";
    drawing("together", size, (width, step * count as f64), title, &description, &content)
}

fn square(related: &Related, row: usize, column: usize, (x, y): (f64, f64), side: f64) -> Markup {
    let pair = related.pairs.iter().find(|pair| pair.positions == (column, row));
    let (class, share) = match pair {
        None => ("none", 0.25),
        Some(Pair { npmi: None, .. }) => ("none", 0.55),
        Some(Pair { npmi: Some(npmi), .. }) => (class(npmi.0), 1.0),
    };
    let names = [column, row].map(|position| cut(&format!("#{}", related.tags[position]), LONGEST_NAME));
    let together = match pair {
        None => "no post has both".to_owned(),
        Some(pair) => format!("{} posts have both, NPMI {}", exact(pair.posts), figure(pair.npmi.map(|npmi| npmi.0))),
    };
    let inner = side * share;
    html! {
        rect class={ "cell " (class) } x=(at(x + (side - inner) / 2.0)) y=(at(y + (side - inner) / 2.0)) width=(at(inner)) height=(at(inner)) rx="2" {
            title { (names[0]) " and " (names[1]) ": " (together) }
        }
    }
}

fn class(npmi: f64) -> &'static str {
    LEGEND[BOUNDS.iter().filter(|bound| npmi >= **bound).count()].0
}
