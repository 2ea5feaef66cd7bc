//! The page stands alone, and no text that anybody wrote becomes an element or an attribute of it.

use proptest::prelude::*;

use super::*;
use crate::insight::groups::{Figure, GroupKind, GroupRow};
use crate::insight::history::{Bar, History, Unit};
use crate::insight::timing::by_hour;
use crate::jobs::report::{
    About, AgeBand, Chance, Creator, Creators, Data, FailedCreator, Hashtags, Headline, Keywords, Pair, Post, PostList,
    Posts, Related, Span, WindowSpans,
};
use crate::jobs::score::standing::Standing;
use crate::model::{Measure, Slot, Tally};

/// A report with everything in it, each text that comes from outside being this one.
fn report(text: &str) -> Report {
    let row = |kind| {
        let tally = Tally { posts: 9, plays: 12_345, judged: 8, viral: 3, recent: 5, earlier: 1 };
        let measure =
            Measure { tally, posts_by_creator: vec![5, 4], median_plays: Some(1_500.5), ..Measure::default() };
        let mut row = GroupRow::of(kind, text.to_owned(), measure, &tally);
        row.music = (kind == GroupKind::Sound).then(|| (text.to_owned(), text.to_owned()));
        (row.lifted, row.bursting, row.generic) = (true, true, Some(true));
        row
    };
    let list = || {
        let post = Post {
            aweme_id: text.to_owned(),
            link: Some("https://www.tiktok.com/@x/video/1".to_owned()),
            unique_id: text.to_owned(),
            video_desc: text.to_owned(),
            cover_img: Some("https://p16.example/c.jpeg?x=1&y=%22".to_owned()),
            publish_ts: Some(1_750_000_000),
            plays: 77_000,
            z: Some(4.2),
            plays_per_hour: Some(30.5),
            engagement: Some(0.1),
            ..Post::default()
        };
        PostList { total: 5, posts: vec![post.clone(), Post { cover_img: Some(format!("javascript:{text}")), ..post }] }
    };
    let creator = Creator {
        sec_user_id: text.to_owned(),
        unique_id: text.to_owned(),
        nickname: format!("n{text}"),
        videos: 20,
        judged: 15,
        viral: 2,
        median_plays: Some(Figure(2_000.0)),
        hit_rate: Some(0.2),
        posts_per_week: Some(3.0),
        engagement: Some(0.1),
        trend: None,
    };
    let pair =
        Pair { positions: (0, 1), one: text.to_owned(), other: text.to_owned(), posts: 6, npmi: Some(Figure(0.4)) };
    let span = || Span { from: 1_750_000_000, to: 1_750_600_000 };
    let day = jiff::civil::date(2025, 6, 18);
    Report {
        format: 1,
        about: About {
            query: text.to_owned(),
            hashtags: vec![text.to_owned()],
            creator: Some(text.to_owned()),
            region: Some(text.to_owned()),
            category: Some(text.to_owned()),
            timezone: "UTC".to_owned(),
            ..About::default()
        },
        headline: Headline {
            posts: 9,
            creators: 2,
            plays: 12_345,
            median_plays: Some(Figure(1_500.5)),
            judged: 8,
            viral: 3,
            first_day: Some(day),
            last_day: Some(day),
        },
        chance: Some(Chance { judged: 8, viral: 3, viral_by_chance: 2.5, beyond_chance: false }),
        over_time: History { unit: Unit::Day, bars: vec![Bar { start: day, posts: 9, plays: 12_345 }] },
        hashtags: Hashtags { top: vec![row(GroupKind::Hashtag)], rising: vec![row(GroupKind::Hashtag)] },
        related: Related { tags: vec![text.to_owned(); 2], min_posts: 5, pairs: vec![pair] },
        posts: Posts { unusual: list(), rising: list(), engaging: list() },
        creators: Creators { min_judged: 10, total: 1, creators: vec![creator] },
        timing: by_hour(&[Slot { start: 1_750_000_000, posts: 12, viral: 1, log_multiple: 3.0 }], &TimeZone::UTC),
        keywords: Keywords { by: "lift", rows: vec![row(GroupKind::Keyword)] },
        categories: vec![row(GroupKind::Category)],
        sounds: vec![row(GroupKind::Sound)],
        data: Data {
            stored: 9,
            newest_fetched_at: Some(1_750_600_000_000),
            ages: vec![AgeBand { below_hours: None, posts: 9 }],
            of_unknown_time: 1,
            windows: Some(WindowSpans { recent: span(), earlier: span() }),
            scores: Standing { scored_at: Some(1_750_600_000_000), videos: Some(9), ..Standing::default() },
            creators: crate::jobs::status::CreatorsStatus::default(),
            failed: vec![FailedCreator { sec_user_id: text.to_owned(), error: text.to_owned() }],
            settled: crate::jobs::status::Settled::default(),
            dead_letters: 2,
        },
    }
}

/// The elements of a page and the names of their attributes, in order, without what stands in style and script.
fn skeleton(page: &str) -> Vec<String> {
    let without_ours = page.replace(STYLE, "").replace(SCRIPT, "");
    let mut found = Vec::new();
    for tag in without_ours.split('<').skip(1) {
        // Values of attributes hold neither < nor ": every second piece is one.
        let mut name = String::new();
        for (position, piece) in tag.split('"').enumerate() {
            if position % 2 == 0 {
                name.push_str(piece.split('>').next().unwrap_or_default());
                if piece.contains('>') {
                    break;
                }
            }
        }
        found.push(name);
    }
    found
}

#[test]
fn the_page_stands_alone() {
    let page = page(&report("ootd"), &TimeZone::UTC);
    for wrong in ["url(", "@import", "</style", "</script", "eval(", "innerHTML", "http:"] {
        assert!(!STYLE.contains(wrong) && !SCRIPT.contains(wrong), "{wrong}");
    }
    let tags = skeleton(&page);
    for tag in &tags {
        let element = tag.split(' ').next().unwrap_or_default();
        assert!(!["img", "iframe", "object", "embed", "form", "base", "audio", "video"].contains(&element), "{tag}");
        assert!(!tag.contains(" style=") && !tag.contains(" on") && !tag.contains(" src="), "{tag}");
    }
    let hash = BASE64_STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes()));
    assert!(
        page.contains(&format!("script-src &#39;sha256-{hash}&#39;"))
            || page.contains(&format!("script-src 'sha256-{hash}'"))
    );
    assert!(page.contains("default-src 'none'"), "{}", policy());
    assert_eq!(page.matches("javascript:").count(), 0, "no such link");
}

#[test]
fn what_is_not_there_is_told() {
    let mut report = report("ootd");
    let told = |report: &Report, words: &str| {
        let page = page(report, &TimeZone::UTC);
        assert!(page.contains(words), "no {words:?} in {page}");
    };
    told(&report, "Nothing is known to have gone viral");
    report.chance = Some(Chance { judged: 8, viral: 3, viral_by_chance: 0.1, beyond_chance: true });
    assert!(!page(&report, &TimeZone::UTC).contains("Nothing is known"));
    report.data.scores = Standing { behind: true, ..Standing::default() };
    report.posts.unusual.posts.clear();
    report.creators.creators.clear();
    told(&report, "There are no scores yet");
    report.headline.posts = 0;
    told(&report, "No stored post matches");
    (report.hashtags.top, report.hashtags.rising, report.sounds) = (Vec::new(), Vec::new(), Vec::new());
    (report.over_time.bars, report.timing, report.related) = (Vec::new(), Vec::new(), Related::default());
    (report.keywords.rows, report.categories) = (Vec::new(), Vec::new());
    report.data.windows = None;
    report.headline.median_plays = None;
    for words in [
        "No post carries a hashtag",
        "Growth is not told",
        "No post names its sound",
        "No post whose time of posting is known",
        "No post could be judged",
        "No two tags",
        "No post has a text",
        "No post is in any category",
    ] {
        told(&report, words);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_text_in_any_field_makes_an_element_or_an_attribute(
        text in "(\\PC|[<>\"'&/=\u{0}-\u{1f}\u{202e}\u{2066}]|</script>|<svg onload=|\" onclick=\"|javascript:|<!--|]]>){1,40}"
    ) {
        // Not empty once it is harmless: an empty one is shown in another way.
        let page_of_text = page(&report(&format!("x{text}")), &TimeZone::UTC);
        let plain = page(&report("x"), &TimeZone::UTC);
        prop_assert_eq!(skeleton(&page_of_text), skeleton(&plain));
        let unwanted = ['\u{0}', '\u{202e}'];
        prop_assert!(!page_of_text.contains(unwanted), "neither NUL nor what turns the text");
    }
}
