//! Tables: plain ones without a script, sorted by a click on a head with it. A cell's `data-v` is what it is sorted by.

use maud::{Markup, html};

use super::figures::{self, NOTHING, exact, exact_figure, short, short_count};

/// A column's head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    name: &'static str,
    is_number: bool,
    /// Whether the rows come in this column's order, highest first.
    is_sorted: bool,
}

impl Head {
    /// Of texts.
    pub(super) const fn text(name: &'static str) -> Self {
        Self { name, is_number: false, is_sorted: false }
    }

    /// Of numbers.
    pub(super) const fn number(name: &'static str) -> Self {
        Self { name, is_number: true, is_sorted: false }
    }

    /// Of the numbers that the rows are ordered by, highest first.
    pub(super) const fn sorted(name: &'static str) -> Self {
        Self { name, is_number: true, is_sorted: true }
    }
}

/// A cell.
pub(super) enum Cell {
    /// A text; the first of a row names the row.
    Text(Markup),
    /// A post, by its creator and its text: the first of a row.
    Post(Markup),
    /// A name that does not stand first.
    Name(Markup),
    /// A longer text, in lines.
    Prose(Markup),
    /// Links.
    Links(Markup),
    /// A number: as it is shown, exactly, and what it is sorted by.
    Number(String, Option<String>, Option<f64>),
}

impl Cell {
    /// A count, short, and exact where one points.
    pub(super) fn count(value: u64) -> Self {
        Self::Number(short_count(value), Some(exact(value)), Some(value as f64))
    }

    /// A median.
    pub(super) fn median(value: Option<f64>) -> Self {
        Self::Number(value.map_or_else(|| NOTHING.to_owned(), short), value.map(exact_figure), value)
    }

    /// Plays: 0 means withheld.
    pub(super) fn plays(value: u64) -> Self {
        if value == 0 {
            Self::Number(NOTHING.to_owned(), Some("withheld".to_owned()), None)
        } else {
            Self::count(value)
        }
    }

    /// A share of one.
    pub(super) fn percent(value: Option<f64>) -> Self {
        Self::Number(figures::percent(value), value.map(|value| format!("{value}")), value)
    }

    /// A factor.
    pub(super) fn times(value: Option<f64>) -> Self {
        Self::Number(figures::times(value), value.map(|value| format!("{value}")), value)
    }

    /// A figure of a few digits.
    pub(super) fn figure(value: Option<f64>) -> Self {
        Self::Number(figures::figure(value), value.map(|value| format!("{value}")), value)
    }
}

/// A table whose rows' first cells name them. `caption` says what it shows.
pub(super) fn table(caption: &str, heads: &[Head], rows: Vec<Vec<Cell>>) -> Markup {
    html! {
        div .scroll role="region" tabindex="0" aria-label=(caption) {
            table .sortable {
                caption { (caption) }
                thead {
                    tr {
                        @for head in heads {
                            th scope="col" .n[head.is_number] aria-sort=[head.is_sorted.then_some("descending")] { (head.name) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr { @for (position, cell) in row.into_iter().enumerate() { (shown(cell, position == 0)) } }
                    }
                }
            }
        }
    }
}

fn shown(cell: Cell, is_first: bool) -> Markup {
    match cell {
        Cell::Text(text) if is_first => html! { th scope="row" { (text) } },
        Cell::Post(text) => html! { th .post scope="row" { (text) } },
        Cell::Text(text) => html! { td { (text) } },
        Cell::Name(text) => html! { td .name { (text) } },
        Cell::Prose(text) => html! { td .text { (text) } },
        Cell::Links(links) => html! { td .links { (links) } },
        Cell::Number(shown, exact, value) => {
            let exact = exact.filter(|exact| *exact != shown);
            html! { td .n data-v=[value] title=[exact] { (shown) } }
        }
    }
}
