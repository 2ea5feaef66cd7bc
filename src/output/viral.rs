//! The answer of `viral` as a table. (As CSV it is that of `search`.)

use std::io::{self, Write};

use super::shown::{NOTHING, cut, figure, number, one_line, percentage};
use super::table::{Column, render};
use super::videos::{link, posts};
use crate::insight::chance;
use crate::model::{Corpus, Hits};

const COLUMNS: [Column; 9] = [
    Column::number("z"),
    Column::number("multiple"),
    Column::number("plays"),
    Column::number("plays/h"),
    Column::number("growth/day"),
    Column::number("smoothed"),
    Column::text("creator"),
    Column::flexible("text"),
    Column::text("link"),
];

/// The link has the handle in full.
const CREATOR_WIDTH: usize = 18;

/// Where growth stands; left out where no post has any.
const GROWTH: usize = 4;

/// The posts, and below them how many match in all. Links are not cut, however narrow the terminal.
pub fn write_table(out: &mut dyn Write, hits: &Hits, width: usize) -> io::Result<()> {
    let mut is_tracked = false;
    let mut rows: Vec<Vec<String>> = posts(hits)
        .map(|post| {
            let post = post?;
            is_tracked |= post.virality.growth.is_some();
            let virality = &post.virality;
            let creator = one_line(&post.author_info.unique_id);
            Ok(vec![
                figure(virality.z),
                figure(virality.multiple),
                if post.stats.play == 0 { NOTHING.to_owned() } else { number(post.stats.play) },
                virality.plays_per_hour.map_or_else(|| NOTHING.to_owned(), |plays| figure(Some(plays))),
                percentage(virality.growth),
                percentage(post.engagement.smoothed),
                if creator.is_empty() { NOTHING.to_owned() } else { cut(&format!("@{creator}"), CREATOR_WIDTH) },
                one_line(post.video_desc.as_deref().unwrap_or_default()),
                link(&post),
            ])
        })
        .collect::<io::Result<_>>()?;
    let shown = number(rows.len() as u64);
    let mut columns = COLUMNS.to_vec();
    if !is_tracked {
        columns.remove(GROWTH);
        for row in &mut rows {
            row.remove(GROWTH);
        }
    }
    out.write_all(render(&columns, rows, width).as_bytes())?;
    writeln!(out, "\nshowing {shown} of {} posts", number(hits.total))
}

/// How many posts are viral in all, and how many of them chance alone would make: a line.
#[must_use]
pub fn beside_chance(corpus: &Corpus) -> String {
    let Corpus { viral, judged, viral_by_chance, .. } = corpus;
    let (viral_posts, judged) = (number(*viral), number(*judged));
    if chance::is_beyond(*viral, *viral_by_chance) {
        format!(
            "{viral_posts} of all {judged} posts that were judged are viral; chance alone would make about {viral_by_chance}"
        )
    } else {
        format!(
            "{viral_posts} of all {judged} posts that were judged have a z of 3.5 or more, and chance alone makes about \
             {viral_by_chance}: not clearly more, so nothing is known to have gone viral"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_chance_makes_are_not_called_viral() {
        let corpus = |viral| Corpus { viral, judged: 33_574, viral_by_chance: 45.0, ..Corpus::default() };
        assert_eq!(
            beside_chance(&corpus(412)),
            "412 of all 33\u{2009}574 posts that were judged are viral; chance alone would make about 45"
        );
        assert!(beside_chance(&corpus(50)).ends_with("known to have gone viral"), "{}", beside_chance(&corpus(50)));
    }
}
