//! The digest of a tracking round for people: what changed, by kind, the most telling first. (As JSON it is the
//! digest's own serialization.) `message` is the short form that goes to a webhook.

pub mod message;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::shown::{cut, figure, number, one_line, time};
use crate::jobs::digest::{Delivery, Digest};
use crate::model::event::{Bursting, Gone, Happening, Jump, Outlier, Renamed, Silent, Who};
use crate::model::{Event, EventKind};

/// So many events of a kind are shown; the rest is counted.
const SHOWN_OF_A_KIND: usize = 10;

/// Columns of a post's text, and of the API's words.
const TEXT_WIDTH: usize = 60;

/// Columns of a handle or tag.
const NAME_WIDTH: usize = 32;

/// The digest, several lines.
#[must_use]
pub fn text(digest: &Digest) -> String {
    let mut text = String::new();
    for kind in EventKind::ALL {
        let count = digest.counts.get(&kind).copied().unwrap_or(0);
        if count > 0 {
            let mut events: Vec<&Event> = digest.events.iter().filter(|event| event.kind() == kind).collect();
            events.sort_by(|one, other| telling(other, one));
            write_kind(&mut text, kind, count, &events);
        }
    }
    if text.is_empty() {
        text.push_str("nothing changed\n");
    }
    if let Some(delivery) = &digest.webhook {
        write_delivery(&mut text, delivery);
    }
    text
}

/// How a kind is called; of several.
fn title(kind: EventKind) -> &'static str {
    match kind {
        EventKind::NewPost => "new posts",
        EventKind::Jump => "jumps",
        EventKind::Outlier => "newly viral",
        EventKind::Bursting => "bursting",
        EventKind::Silent => "silent",
        EventKind::Renamed => "renamed",
        EventKind::Gone => "gone",
        EventKind::Back => "back",
    }
}

/// Less before more; of equal ones the order in which they were found.
fn telling(one: &Event, other: &Event) -> Ordering {
    let weight = |event: &Event| match &event.what {
        Happening::NewPost(new) => new.post.plays as f64,
        Happening::Jump(jump) => jump.gained as f64,
        Happening::Outlier(outlier) => outlier.z.unwrap_or(0.0),
        Happening::Bursting(bursting) => bursting.growth.unwrap_or(0.0),
        Happening::Silent(silent) => silent.days,
        Happening::Renamed(_) | Happening::Gone(_) | Happening::Back(_) => 0.0,
    };
    weight(one).total_cmp(&weight(other))
}

fn write_kind(text: &mut String, kind: EventKind, count: u64, events: &[&Event]) {
    let creators: BTreeSet<&str> =
        events.iter().filter_map(|event| event.what.creator()).map(|creator| creator.sec_user_id.as_str()).collect();
    let of_creators = match creators.len() {
        0 | 1 => String::new(),
        several => format!(" of {} creators", number(several as u64)),
    };
    let _ = writeln!(text, "{:<12}{}{of_creators}", title(kind), number(count));
    for event in events.iter().take(SHOWN_OF_A_KIND) {
        let _ = writeln!(text, "  {}", line(&event.what));
    }
    let more = count.saturating_sub(events.len().min(SHOWN_OF_A_KIND) as u64);
    if more > 0 {
        let _ = writeln!(text, "  … and {} more", number(more));
    }
}

fn line(what: &Happening) -> String {
    let subject = match what {
        Happening::Bursting(Bursting { hashtag, .. }) => tag(hashtag),
        _ => what.creator().map(name).unwrap_or_default(),
    };
    let facts = facts(what);
    let Some(post) = what.post() else { return format!("{subject}  {facts}") };
    let address = post.link.clone().unwrap_or_else(|| cut(&one_line(&post.aweme_id), NAME_WIDTH));
    let words = cut(&one_line(&post.text), TEXT_WIDTH);
    let words = if words.is_empty() { words } else { format!("  {words}") };
    format!("{subject}  {facts}  {address}{words}")
}

/// What there is to say of it, in numbers.
fn facts(what: &Happening) -> String {
    match what {
        Happening::NewPost(new) => plays(new.post.plays, new.post.plays_per_hour),
        Happening::Jump(Jump { post, plays_before, multiple, hours, per_hour, usual_per_hour, .. }) => format!(
            "{} → {} plays in {} h (×{}; {} an hour, {} before)",
            number(*plays_before),
            number(post.plays),
            figure(Some(*hours)),
            figure(Some(*multiple)),
            figure(Some(*per_hour)),
            figure(Some(*usual_per_hour)),
        ),
        Happening::Outlier(Outlier { post, multiple, z }) => {
            format!("{}, ×{} what is usual for it (z {})", plays(post.plays, None), figure(*multiple), figure(*z))
        }
        Happening::Bursting(Bursting { recent, earlier, creators, window_days, .. }) => format!(
            "{} posts in {window_days} days, {} in those before; {} creators in all",
            number(*recent),
            number(*earlier),
            number(*creators)
        ),
        Happening::Silent(Silent { newest_publish_ts, days, usual_days, .. }) => {
            let usual =
                usual_days.map(|days| format!(", usually one in {} days", figure(Some(days)))).unwrap_or_default();
            format!("no post for {} days{usual}; the last one {}", figure(Some(*days)), day(*newest_publish_ts))
        }
        Happening::Renamed(Renamed { unique_id_before, .. }) => {
            format!("was @{} before", cut(&one_line(unique_id_before), NAME_WIDTH))
        }
        Happening::Gone(Gone { reason, .. }) => format!("the API says: {}", cut(&one_line(reason), TEXT_WIDTH)),
        Happening::Back(back) => format!("it was gone since {}", day(back.gone_at.div_euclid(1000))),
    }
}

fn plays(plays: u64, per_hour: Option<f64>) -> String {
    let per_hour = per_hour.map(|plays| format!(", {} an hour", figure(Some(plays)))).unwrap_or_default();
    if plays == 0 { "plays withheld".to_owned() } else { format!("{} plays{per_hour}", number(plays)) }
}

/// The handle, or the id where it is not known.
fn name(creator: &Who) -> String {
    let handle = one_line(&creator.unique_id);
    if handle.is_empty() {
        cut(&one_line(&creator.sec_user_id), NAME_WIDTH)
    } else {
        cut(&format!("@{handle}"), NAME_WIDTH)
    }
}

fn tag(hashtag: &str) -> String {
    cut(&format!("#{}", one_line(hashtag)), NAME_WIDTH)
}

fn day(seconds: i64) -> String {
    time(seconds, &TimeZone::UTC, "%Y-%m-%d").unwrap_or_else(|| "at an unknown time".to_owned())
}

fn write_delivery(text: &mut String, delivery: &Delivery) {
    let refused = match delivery.refused {
        0 => String::new(),
        refused => format!(", {} refused for good", number(refused)),
    };
    let waiting = match delivery.waiting {
        0 => String::new(),
        waiting => format!(", {} wait for the next round", number(waiting)),
    };
    let _ = writeln!(text, "{:<12}{} events sent{refused}{waiting}", "webhook", number(delivery.sent));
}

#[cfg(test)]
mod tests;
