//! The answers of `hashtags`, `keywords`, `sounds` and `categories` as a table and as CSV.

use std::io::{self, Write};

use super::csv::{Cell, write_record};
use super::shown::{NOTHING, cut, figure, median, number, one_line};
use super::table::{Column, render};
use crate::insight::groups::{GroupKind, GroupOrder, GroupRow};
use crate::jobs::ask::ranking::Ranking;

/// A sound's id has 19 digits.
const ID_WIDTH: usize = 20;

/// The rows, and below them what was left out.
pub fn write_table(out: &mut dyn Write, rows: &[GroupRow], ranking: &Ranking, width: usize) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "{}", nothing(ranking));
    }
    let is_sound = ranking.kind == GroupKind::Sound;
    let is_related = ranking.related_to.is_some();
    let mut columns = vec![Column::flexible(ranking.kind.name())];
    columns.extend(is_sound.then(|| Column::text("id")));
    columns.extend(["posts", "creators", "plays", "median plays", "lift", "growth"].map(Column::number));
    columns.extend(is_related.then(|| Column::number("npmi")));
    columns.push(Column::text("claims"));
    let cells = |row: &GroupRow| {
        let mut cells = vec![title(row)];
        cells.extend(is_sound.then(|| cut(&one_line(&row.key), ID_WIDTH)));
        cells.extend([number(row.tally.posts), number(row.creators), number(row.tally.plays)]);
        cells.push(row.median_plays.map_or_else(|| NOTHING.to_owned(), median));
        cells.extend([figure(row.lift), figure(row.growth)]);
        cells.extend(is_related.then(|| figure(row.npmi)));
        cells.push(claims(row));
        cells
    };
    out.write_all(render(&columns, rows.iter().map(cells).collect(), width).as_bytes())?;
    let more = if rows.len() >= ranking.limit { "; --limit for more" } else { "" };
    writeln!(out, "\nshowing {}{more}", number(rows.len() as u64))
}

/// One line per row.
pub fn write_csv(out: &mut dyn Write, rows: &[GroupRow], ranking: &Ranking) -> io::Result<()> {
    let is_sound = ranking.kind == GroupKind::Sound;
    let mut names = vec![ranking.kind.name()];
    names.extend(is_sound.then_some(["name", "author"]).into_iter().flatten());
    names.extend(["posts", "creators", "plays", "median_plays", "lift", "growth", "npmi", "entropy"]);
    names.extend(["effective_creators", "judged", "viral", "recent", "earlier", "lifted", "bursting", "generic"]);
    write_record(out, &names.into_iter().map(Cell::plain).collect::<Vec<_>>())?;
    for row in rows {
        let mut cells = vec![Cell::Text(row.name.clone())];
        if is_sound {
            let (name, author) = row.music.clone().unwrap_or_default();
            cells.extend([Cell::Text(name), Cell::Text(author)]);
        }
        let tally = &row.tally;
        cells.extend([tally.posts, row.creators, tally.plays].map(Cell::plain));
        cells.extend([row.median_plays, row.lift, row.growth, row.npmi].map(Cell::maybe));
        cells.extend([row.entropy, row.effective_creators].map(Cell::plain));
        cells.extend([tally.judged, tally.viral, tally.recent, tally.earlier].map(Cell::plain));
        cells.extend([row.lifted, row.bursting].map(Cell::plain));
        cells.push(Cell::maybe(row.generic));
        write_record(out, &cells)?;
    }
    Ok(())
}

fn title(row: &GroupRow) -> String {
    let name = one_line(&row.name);
    match (row.kind, &row.music) {
        (GroupKind::Hashtag, _) => format!("#{name}"),
        (_, Some((music, author))) => match (one_line(music), one_line(author)) {
            (music, author) if author.is_empty() => music,
            (music, author) => format!("{music} · {author}"),
        },
        (GroupKind::Sound, None) => NOTHING.to_owned(),
        _ => name,
    }
}

fn claims(row: &GroupRow) -> String {
    let claims = [(row.lifted, "lifted"), (row.bursting, "bursting"), (row.generic == Some(true), "generic")];
    let words: Vec<&str> = claims.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word).collect();
    words.join(", ")
}

/// Why there is no row, and what may help.
fn nothing(ranking: &Ranking) -> String {
    let kind = ranking.kind.name();
    let floors = format!("{} posts of {} creators", ranking.floors.posts, ranking.floors.creators);
    let lower = "(--min-posts, --min-creators)";
    if let Some(tag) = &ranking.related_to {
        let tag = one_line(tag);
        return format!(
            "no {kind} that is not generic stands beside #{tag} in {floors} {lower}; `viralmine search '#{tag}'` shows its posts"
        );
    }
    match ranking.order {
        GroupOrder::Posts | GroupOrder::Plays if ranking.without_generic => {
            format!("no {kind}: no post that matches carries one that is not generic")
        }
        GroupOrder::Posts | GroupOrder::Plays => format!("no {kind}: no post that matches carries one"),
        GroupOrder::Median | GroupOrder::Relation => format!("no {kind} has {floors} {lower}"),
        GroupOrder::Lift => {
            format!("no {kind} of {floors} {lower} stands among the viral posts more often than among all")
        }
        GroupOrder::Growth => {
            format!(
                "no {kind} has {floors} in the window up to --until or the newest fetch {lower}, or one of the two windows has no \
                 post at all; --window makes them longer"
            )
        }
    }
}
