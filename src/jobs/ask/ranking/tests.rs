//! Orders, floors and claims, over posts in memory.

use proptest::prelude::*;

use super::super::fake::{Fake, Post};
use super::*;

const CREATORS: [&str; 30] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w",
    "x", "y", "z", "aa", "ab", "ac", "ad",
];

const WINDOWS: Windows = Windows { recent: 100..200, earlier: 0..100 };

fn post(creator: usize, tags: &[&str], posted: i64) -> Post {
    let tags = tags.iter().map(ToString::to_string).collect();
    Post { creator: CREATORS[creator % 30], tags, plays: 100, posted, viral: Some(false), ..Post::default() }
}

/// 600 posts of 30 creators: #fyp on most, #niche on some; #burst by many in the recent window, #private by one;
/// #lifted on viral posts of many.
fn corpus() -> Fake {
    let mut posts = Vec::new();
    for (number, posted) in (0..600).zip((0..200).cycle()) {
        let mut tags = vec!["fyp"];
        if number % 7 == 0 {
            tags.push("Niche");
        }
        let mut post = post(number, &tags, posted);
        post.viral = Some(number % 40 == 0);
        posts.push(post);
    }
    posts.extend((0..25).map(|number| post(number % 8, &["burst", "fyp"], 150)));
    posts.extend((0..25).map(|_| post(3, &["private"], 150)));
    posts.extend((0..12).map(|number| Post {
        viral: Some(true),
        plays: 9_000,
        ..post(number, &["lifted", "Lifted2"], 20)
    }));
    Fake { posts, newest_fetched_at: Some(200_000) }
}

fn ranking(order: GroupOrder, limit: usize) -> Ranking {
    Ranking { windows: Some(WINDOWS), ..Ranking::new(GroupKind::Hashtag, order, limit) }
}

async fn ranked(ranking: &Ranking) -> Vec<GroupRow> {
    rank(&corpus(), &Scope::all(), ranking).await.unwrap()
}

fn names(rows: &[GroupRow]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

fn row<'a>(rows: &'a [GroupRow], key: &str) -> &'a GroupRow {
    rows.iter().find(|row| row.key == key).unwrap()
}

#[tokio::test]
async fn by_posts_everything_is_shown_and_marked() {
    let rows = ranked(&ranking(GroupOrder::Posts, usize::MAX)).await;
    assert_eq!(names(&rows), ["fyp", "Niche", "burst", "private", "lifted", "Lifted2"]);
    let fyp = row(&rows, "fyp");
    assert_eq!((fyp.tally.posts, fyp.creators, fyp.generic), (625, 30, Some(true)));
    assert!(row(&rows, "burst").bursting && !row(&rows, "burst").lifted);
    assert!(!row(&rows, "private").bursting, "one account's private tag");
    assert_eq!((row(&rows, "private").creators, row(&rows, "private").entropy), (1, 0.0));
    assert!(row(&rows, "lifted").lifted && row(&rows, "lifted").generic == Some(false));
    assert_eq!(rows.iter().filter(|row| row.bursting).count(), 1);
    assert_eq!(names(&ranked(&ranking(GroupOrder::Posts, 2)).await), ["fyp", "Niche"]);
}

#[tokio::test]
async fn generic_tags_are_left_out_and_others_move_up() {
    let mut ranking = ranking(GroupOrder::Posts, 2);
    ranking.without_generic = true;
    // #Niche, too: all creators use it, and nothing is said of it.
    assert_eq!(names(&ranked(&ranking).await), ["burst", "private"]);
}

#[tokio::test]
async fn by_lift_growth_and_median_floors_hold() {
    assert_eq!(
        names(&ranked(&ranking(GroupOrder::Lift, 9)).await),
        ["lifted", "Lifted2"],
        "ties by key, none without lift"
    );
    let growing = ranked(&ranking(GroupOrder::Growth, 9)).await;
    assert_eq!(growing[0].key, "burst");
    assert!(growing.iter().all(|row| row.key != "private"), "of one creator");
    let mut lower = ranking(GroupOrder::Growth, 9);
    lower.floors.creators = 1;
    assert!(names(&ranked(&lower).await)[..2].contains(&"private"));
    assert_eq!(names(&ranked(&ranking(GroupOrder::Median, 1)).await), ["lifted"]);
    lower.windows = None;
    assert_eq!(ranked(&lower).await, [], "without windows nothing grows");
}

#[tokio::test]
async fn related_tags_are_those_that_belong_to_it() {
    let mut ranking = ranking(GroupOrder::Relation, 9);
    ranking.related_to = Some("lifted".to_owned());
    let rows = ranked(&ranking).await;
    assert_eq!((names(&rows), rows[0].npmi), (vec!["Lifted2"], Some(1.0)));
    ranking.related_to = Some("burst".to_owned());
    assert_eq!(ranked(&ranking).await, [], "#fyp is generic");
    ranking.related_to = Some("nobody".to_owned());
    assert_eq!(ranked(&ranking).await, []);
}

/// A filter's own tags are everywhere in it, and `--since` leaves no windows.
#[tokio::test]
async fn filters_play_no_part_in_what_is_generic() {
    let mut corpus = corpus();
    corpus.posts.extend((0..50).map(|number| post(number, &["wave"], 150)));
    let scope = tagged(&Scope::all(), "wave");
    let ranking = Ranking { whole_windows: Some(WINDOWS), ..Ranking::new(GroupKind::Hashtag, GroupOrder::Posts, 9) };
    let rows = rank(&corpus, &scope, &ranking).await.unwrap();
    assert_eq!((names(&rows), rows[0].creators, rows[0].generic), (vec!["wave"], 30, Some(false)));
    let blind = Ranking { whole_windows: None, ..ranking };
    assert_eq!(rank(&corpus, &scope, &blind).await.unwrap()[0].generic, Some(true), "it takes the windows");
}

#[tokio::test]
async fn keys_of_other_scripts_are_passed_over() {
    let mut posts: Vec<Post> = (0..50).map(|number| Post { words: vec!["dress"], ..post(number, &[], 0) }).collect();
    posts.extend((0..4).map(|number| Post { words: vec!["платье", "手机"], ..post(number, &[], 0) }));
    let fake = Fake { posts, newest_fetched_at: None };
    let mut ranking = Ranking::new(GroupKind::Keyword, GroupOrder::Posts, 5);
    assert_eq!(names(&rank(&fake, &Scope::all(), &ranking).await.unwrap()), ["dress", "платье", "手机"]);
    ranking.script = script::named("han");
    let rows = rank(&fake, &Scope::all(), &ranking).await.unwrap();
    assert_eq!((names(&rows), rows[0].generic), (vec!["手机"], None));
}

#[tokio::test]
async fn an_empty_scope_has_no_rows_and_no_figures() {
    for order in [GroupOrder::Posts, GroupOrder::Median, GroupOrder::Lift, GroupOrder::Growth] {
        assert_eq!(rank(&Fake::default(), &Scope::all(), &ranking(order, 9)).await.unwrap(), []);
    }
}

proptest! {
    /// However many rows are asked for, they are the first of all of them.
    #[test]
    fn a_limit_cuts_the_whole_answer(
        drawn in prop::collection::vec((0_usize..5, prop::collection::vec("[a-c]{1,2}", 0..4), 0_i64..200, any::<bool>()), 0..80),
        limit in 1_usize..15,
        order in prop::sample::select(vec![GroupOrder::Posts, GroupOrder::Plays, GroupOrder::Median, GroupOrder::Lift, GroupOrder::Growth]),
        without_generic in any::<bool>(),
    ) {
        let posts = drawn.iter().map(|(creator, tags, posted, viral)| {
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            Post { viral: Some(*viral), plays: posted.unsigned_abs(), ..post(*creator, &tags, *posted) }
        });
        let fake = Fake { posts: posts.collect(), newest_fetched_at: None };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut ranking = ranking(order, limit);
        ranking.without_generic = without_generic;
        ranking.floors = Floors { posts: 2, creators: 2 };
        let some = runtime.block_on(rank(&fake, &Scope::all(), &ranking)).unwrap();
        ranking.limit = usize::MAX;
        let all = runtime.block_on(rank(&fake, &Scope::all(), &ranking)).unwrap();
        prop_assert_eq!(&some[..], &all[..limit.min(all.len())]);
        let value = |row: &GroupRow| row.value(order).unwrap_or(f64::NEG_INFINITY);
        let is_ordered = all.is_sorted_by(|one, other| {
            value(other).total_cmp(&value(one)).then_with(|| one.key.cmp(&other.key)).is_lt()
        });
        prop_assert!(is_ordered);
    }
}
