//! What a digest and a message look like, and what becomes of hostile texts.

use proptest::prelude::*;

use super::*;
use crate::model::event::{Back, EventPost, NewPost};

fn who(handle: &str) -> Who {
    Who { sec_user_id: "MS4wLjABAAAA8fKxxxxxxx".into(), unique_id: handle.into() }
}

fn post(handle: &str, id: u32, plays: u64, text: &str) -> EventPost {
    EventPost {
        creator: who(handle),
        aweme_id: id.to_string(),
        link: Some(format!("https://www.tiktok.com/@lily/video/{id}")),
        text: text.into(),
        publish_ts: Some(1_750_000_000),
        plays,
        plays_per_hour: Some(50.0),
    }
}

fn every_kind(handle: &str, text: &str) -> Vec<Event> {
    let jump = Jump {
        post: post(handle, 2, 52_000, text),
        plays_before: 12_000,
        before_at: 1,
        gained: 40_000,
        multiple: 4.333,
        hours: 6.0,
        per_hour: 6_667.0,
        usual_per_hour: 16.81,
    };
    let bursting = Bursting {
        hashtag: text.into(),
        key: text.into(),
        posts: 9,
        creators: 4,
        recent: 8,
        earlier: 1,
        growth: Some(7.0),
        window_days: 7,
        window_end: 1_750_291_199,
    };
    let silent = Silent { creator: who(handle), newest_publish_ts: 1_750_000_000, days: 20.5, usual_days: Some(2.0) };
    [
        Happening::NewPost(NewPost { post: post(handle, 1, 1_200, text) }),
        Happening::Jump(jump),
        Happening::Outlier(Outlier { post: post(handle, 3, 900_000, text), multiple: Some(12.5), z: Some(4.1) }),
        Happening::Bursting(bursting),
        Happening::Silent(silent),
        Happening::Renamed(Renamed { creator: who(handle), unique_id_before: text.into() }),
        Happening::Gone(Gone { creator: who(handle), walk: 1, reason: text.into() }),
        Happening::Back(Back { creator: who(handle), walk: 1, gone_at: 1_750_000_000_000 }),
    ]
    .map(|what| Event::new(1_750_300_000_000, what))
    .into()
}

fn digest(events: Vec<Event>) -> Digest {
    let mut digest = Digest { counts: EventKind::ALL.map(|kind| (kind, 0)).into(), ..Digest::default() };
    for event in &events {
        *digest.counts.entry(event.kind()).or_default() += 1;
    }
    digest.events = events;
    digest
}

fn plain(text: &str) -> String {
    text.replace('\u{2009}', " ")
}

#[test]
fn a_digest_says_what_changed() {
    let webhook = Some(Delivery { sent: 5, refused: 1, waiting: 3, ..Delivery::default() });
    let digest = Digest { webhook, ..digest(every_kind("lily", "so new")) };
    let expected = "\
new posts   1
  @lily  1 200 plays, 50.00 an hour  https://www.tiktok.com/@lily/video/1  so new
jumps       1
  @lily  12 000 → 52 000 plays in 6.00 h (×4.33; 6 667 an hour, 16.81 before)  https://www.tiktok.com/@lily/video/2  so new
newly viral 1
  @lily  900 000 plays, ×12.50 what is usual for it (z 4.10)  https://www.tiktok.com/@lily/video/3  so new
bursting    1
  #so new  8 posts in 7 days, 1 in those before; 4 creators in all
silent      1
  @lily  no post for 20.50 days, usually one in 2.00 days; the last one 2025-06-15
renamed     1
  @lily  was @so new before
gone        1
  @lily  the API says: so new
back        1
  @lily  it was gone since 2025-06-15
webhook     5 events sent, 1 refused for good, 3 wait for the next round
";
    assert_eq!(plain(&text(&digest)), expected);
    assert_eq!(text(&self::digest(Vec::new())), "nothing changed\n");
}

#[test]
fn many_are_counted_and_the_most_telling_are_shown() {
    let events: Vec<Event> = (0..40)
        .map(|id| Event::new(1, Happening::NewPost(NewPost { post: post("lily", id, u64::from(id) + 1, "") })))
        .collect();
    let shown = plain(&text(&digest(events)));
    assert!(shown.starts_with("new posts   40\n  @lily  40 plays"), "{shown}");
    assert!(shown.ends_with("  … and 30 more\n") && shown.lines().count() == 12, "{shown}");
}

#[test]
fn the_json_has_every_kind() {
    let json = serde_json::to_value(digest(every_kind("lily", "x").split_off(7))).unwrap();
    assert_eq!(json["events"][0]["kind"], "back");
    let expected = serde_json::json!({
        "new-post": 0, "jump": 0, "outlier": 0, "bursting": 0, "silent": 0, "renamed": 0, "gone": 0, "back": 1,
    });
    assert_eq!((&json["counts"], json.get("left_off"), json.get("webhook")), (&expected, None, None));
}

#[test]
fn a_message_is_short_and_calls_nobody() {
    let events = every_kind("lily", "<!channel> @here [x](https://evil)");
    let message = plain(&message::text(&events));
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(
        lines[0],
        "viralmine: new posts: 1, jumps: 1, newly viral: 1, bursting: 1, silent: 1, renamed: 1, gone: 1, back: 1"
    );
    assert!(lines[1].starts_with("jumps: lily: 12 000 → 52 000 plays"), "{message}");
    assert!(lines[1].ends_with("https://www.tiktok.com/@lily/video/2"), "{message}");
    assert_eq!(lines.len(), 9);
    let without_links = message.replace("https://www.tiktok.com/@lily", "");
    assert!(!without_links.contains(['<', '>', '@', '[']), "{message}");
}

proptest! {
    #[test]
    fn hostile_texts_are_shown_not_obeyed(handle in any::<String>(), words in any::<String>()) {
        let hostile = format!("{words}\u{1b}[31m\n\u{202e}\u{2066}x\r\u{7}");
        for shown in [text(&digest(every_kind(&handle, &hostile))), message::text(&every_kind(&handle, &hostile))] {
            prop_assert!(!shown.chars().any(|character| character.is_control() && character != '\n'), "{shown:?}");
            let turns = |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!shown.contains(turns), "{shown:?}");
            prop_assert_eq!(shown.lines().count(), shown.matches('\n').count() + usize::from(!shown.ends_with('\n')));
        }
    }
}
