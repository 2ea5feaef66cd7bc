//! Ids and JSON of every kind of event.

use proptest::prelude::*;

use super::*;

fn post() -> EventPost {
    EventPost {
        creator: Who { sec_user_id: "MS4w".into(), unique_id: "lily".into() },
        aweme_id: "75".into(),
        link: Some("https://www.tiktok.com/@lily/video/75".into()),
        text: "so \"new\"".into(),
        publish_ts: Some(1_750_000_000),
        plays: 52_000,
        plays_per_hour: Some(1_040.5),
    }
}

fn every_kind() -> Vec<Event> {
    let creator = post().creator;
    let jump = Jump {
        post: post(),
        plays_before: 12_000,
        before_at: 5,
        gained: 40_000,
        multiple: 4.333,
        hours: 6.0,
        per_hour: 6_667.0,
        usual_per_hour: 300.0,
    };
    let bursting = Bursting {
        hashtag: "OOTD".into(),
        key: "ootd".into(),
        posts: 9,
        creators: 4,
        recent: 8,
        earlier: 1,
        growth: Some(7.5),
        window_days: 7,
        window_end: 1_750_291_199,
    };
    let silent = Silent { creator: creator.clone(), newest_publish_ts: 17, days: 20.5, usual_days: Some(2.0) };
    [
        Happening::NewPost(NewPost { post: post() }),
        Happening::Jump(jump),
        Happening::Outlier(Outlier { post: post(), multiple: Some(12.5), z: Some(4.1) }),
        Happening::Bursting(bursting),
        Happening::Silent(silent),
        Happening::Renamed(Renamed { creator: creator.clone(), unique_id_before: "lil".into() }),
        Happening::Gone(Gone { creator: creator.clone(), walk: 3, reason: "not found".into() }),
        Happening::Back(Back { creator, walk: 4, gone_at: 3 }),
    ]
    .map(|what| Event::new(1_750_300_000_000, what))
    .into()
}

#[test]
fn ids_follow_from_what_happened() {
    let ids: Vec<String> = every_kind().into_iter().map(|event| event.id).collect();
    let expected = [
        "new-post:75",
        "jump:75-1750300000000",
        "outlier:75",
        "bursting:ootd:2025-06-18",
        "silent:MS4w:17",
        "renamed:MS4w:1750300000000",
        "gone:MS4w:3",
        "back:MS4w:4",
    ];
    assert_eq!(ids, expected);
    assert_eq!(Event::outlier_id("75"), ids[2]);
}

#[test]
fn the_json_is_flat_and_read_back() {
    let events = every_kind();
    let new_post = serde_json::to_string(&events[0]).unwrap();
    let expected = concat!(
        r#"{"id":"new-post:75","at":1750300000000,"kind":"new-post","sec_user_id":"MS4w","unique_id":"lily","#,
        r#""aweme_id":"75","link":"https://www.tiktok.com/@lily/video/75","text":"so \"new\"","#,
        r#""publish_ts":1750000000,"plays":52000,"plays_per_hour":1040.5}"#
    );
    assert_eq!(new_post, expected);
    for (event, kind) in events.iter().zip(EventKind::ALL) {
        let json = serde_json::to_value(event).unwrap();
        assert_eq!((event.kind(), &json["kind"]), (kind, &serde_json::json!(kind)));
        assert_eq!(json["kind"], kind.name());
        assert_eq!(&serde_json::from_value::<Event>(json).unwrap(), event);
    }
}

proptest! {
    #[test]
    fn any_numbers_and_texts_are_read_back(
        at in any::<i64>(), plays in any::<u64>(), publish_ts in any::<Option<i64>>(), text in any::<String>(),
        end in any::<i64>(), figure in any::<f64>().prop_filter("finite", |figure| figure.is_finite()),
    ) {
        let post = EventPost { plays, publish_ts, text: text.clone(), plays_per_hour: Some(figure), ..post() };
        let Happening::Bursting(bursting) = every_kind().swap_remove(3).what else { unreachable!() };
        let bursting = Bursting { key: text, window_end: end, ..bursting };
        for what in [Happening::NewPost(NewPost { post }), Happening::Bursting(bursting)] {
            let event = Event::new(at, what);
            let json = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }
}
