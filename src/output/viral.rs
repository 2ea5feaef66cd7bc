//! The answer of `viral` as a table. (As CSV it is that of `search`.)

use std::io::{self, Write};

use super::shown::{NOTHING, cut, figure, number, one_line};
use super::table::{Column, render};
use super::videos::{link, posts};
use crate::model::Hits;

const COLUMNS: [Column; 7] = [
    Column::number("z"),
    Column::number("multiple"),
    Column::number("plays"),
    Column::number("plays/h"),
    Column::text("creator"),
    Column::flexible("text"),
    Column::text("link"),
];

/// The link has the handle in full.
const CREATOR_WIDTH: usize = 18;

/// The posts, and below them how many match in all. Links are not cut, however narrow the terminal.
pub fn write_table(out: &mut dyn Write, hits: &Hits, width: usize) -> io::Result<()> {
    let rows: Vec<Vec<String>> = posts(hits)
        .map(|post| {
            let post = post?;
            let virality = &post.virality;
            let creator = one_line(&post.author_info.unique_id);
            Ok(vec![
                figure(virality.z),
                figure(virality.multiple),
                if post.stats.play == 0 { NOTHING.to_owned() } else { number(post.stats.play) },
                virality.plays_per_hour.map_or_else(|| NOTHING.to_owned(), |plays| figure(Some(plays))),
                if creator.is_empty() { NOTHING.to_owned() } else { cut(&format!("@{creator}"), CREATOR_WIDTH) },
                one_line(post.video_desc.as_deref().unwrap_or_default()),
                link(&post),
            ])
        })
        .collect::<io::Result<_>>()?;
    let shown = number(rows.len() as u64);
    out.write_all(render(&COLUMNS, rows, width).as_bytes())?;
    writeln!(out, "\nshowing {shown} of {} posts", number(hits.total))
}
