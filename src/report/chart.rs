//! Charts as inline SVG. Each is drawn twice, for a desk and for a phone, since a drawing that is scaled down has
//! letters too small to read; the style shows one of them. Colours are classes, so that they follow light and dark.

pub(super) mod bars;
pub(super) mod hours;
pub(super) mod matrix;
pub(super) mod scatter;

use maud::{Markup, html};
use unicode_width::UnicodeWidthStr;

/// For which width a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// A desk, and paper.
    Wide,
    /// A phone.
    Narrow,
}

impl Size {
    const BOTH: [Self; 2] = [Self::Wide, Self::Narrow];

    /// The drawing's width.
    const fn width(self) -> f64 {
        match self {
            Self::Wide => 960.0,
            Self::Narrow => 350.0,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }

    const fn is_wide(self) -> bool {
        matches!(self, Self::Wide)
    }
}

/// A text's width in a drawing, about, whatever its script.
const LETTER: f64 = 7.2;

/// A drawing with its name and what it shows, for who does not see it.
fn drawing(
    id: &str,
    size: Size,
    (width, height): (f64, f64),
    title: &str,
    description: &str,
    content: &Markup,
) -> Markup {
    let id = format!("{id}-{}", size.name());
    html! {
        svg class=(size.name()) viewBox={ "0 0 " (at(width)) " " (at(height)) } role="img"
            aria-labelledby={ (id) "-t " (id) "-d" } xmlns="http://www.w3.org/2000/svg" {
            title id={ (id) "-t" } { (title) }
            desc id={ (id) "-d" } { (description) }
            (content)
        }
    }
}

/// A coordinate, to a tenth.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

/// How wide a text is drawn, about.
fn text_width(text: &str) -> f64 {
    text.width() as f64 * LETTER
}

/// Round values from 0 to the first one at or above `highest`, about `count` of them.
fn ticks(highest: f64, count: f64) -> Vec<f64> {
    if highest.is_nan() || highest <= 0.0 {
        return vec![0.0, 1.0];
    }
    let rough = highest / count;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|nice| nice * power).find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(rough);
    let mut ticks = vec![0.0];
    while ticks.last().is_some_and(|last| *last < highest * 0.999) {
        ticks.push(step * ticks.len() as f64);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(97.0, 4.0), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(ticks(1.0, 4.0), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(ticks(0.0, 4.0), [0.0, 1.0]);
        assert_eq!(at(12.04), "12");
    }

    proptest! {
        #[test]
        fn ticks_reach_the_highest_and_are_few(highest in 1e-6..1e18_f64) {
            let ticks = ticks(highest, 4.0);
            prop_assert!(ticks[ticks.len() - 1] >= highest * 0.99 && ticks.len() <= 6, "{:?}", ticks);
            prop_assert!(ticks.is_sorted());
        }
    }
}
