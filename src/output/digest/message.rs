//! The text of a webhook's message: what a chat service shows. No captions, since those are strangers' words, and
//! services read marks in them: `<!channel>` and `@here` would call everybody.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{facts, name, tag, telling, title};
use crate::model::event::{Bursting, Happening};
use crate::model::{Event, EventKind};

/// So many events are told one by one, those that a person should know of first.
const MOST_LINES: usize = 12;

/// The text of some events, at least one: what there is of each kind, and a line each of the most telling ones.
#[must_use]
pub fn text(events: &[Event]) -> String {
    let count = |kind| events.iter().filter(|event| event.kind() == kind).count();
    let counts = EventKind::ALL.into_iter().map(|kind| (title(kind), count(kind))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(title, count)| format!("{title}: {count}")).collect();
    let mut text = format!("viralmine: {}", counts.join(", "));
    let mut by_weight: Vec<&Event> = events.iter().collect();
    by_weight.sort_by(|one, other| {
        Reverse(urgency(one.kind())).cmp(&Reverse(urgency(other.kind()))).then_with(|| telling(other, one))
    });
    for event in by_weight.iter().take(MOST_LINES) {
        let _ = write!(text, "\n{}", line(&event.what));
    }
    let more = events.len().saturating_sub(MOST_LINES);
    if more > 0 {
        let _ = write!(text, "\n… and {more} more");
    }
    text
}

/// Rare ones go first: new posts are many.
fn urgency(kind: EventKind) -> u8 {
    match kind {
        EventKind::Jump => 4,
        EventKind::Outlier => 3,
        EventKind::Bursting => 2,
        EventKind::Silent | EventKind::Renamed | EventKind::Gone | EventKind::Back => 1,
        EventKind::NewPost => 0,
    }
}

fn line(what: &Happening) -> String {
    let subject = match what {
        Happening::Bursting(Bursting { hashtag, .. }) => tag(hashtag),
        _ => what.creator().map(name).unwrap_or_default(),
    };
    let kind = title(what.kind());
    let text = harmless(&format!("{kind}: {subject}: {}", facts(what)));
    let link = what.post().and_then(|post| post.link.as_ref());
    // An address has only letters that no service reads as a mark.
    link.map_or_else(|| text.clone(), |link| format!("{text} {link}"))
}

/// Without what calls people or hides a link: `@` at a name's start, and the brackets of Slack's and Mattermost's
/// marks.
fn harmless(text: &str) -> String {
    text.chars()
        .filter(|character| *character != '@')
        .map(|character| match character {
            '<' => '‹',
            '>' => '›',
            '[' => '(',
            ']' => ')',
            '`' => '\'',
            other => other,
        })
        .collect()
}
