//! Categories over posts in memory.

use super::super::fake::{Fake, Post};
use super::*;

fn tag(key: &str) -> Query {
    Query::Tag { key: key.to_owned(), prefix: false }
}

fn category(name: &str, query: Query) -> Category {
    Category { name: name.to_owned(), query }
}

#[tokio::test]
async fn each_category_is_a_row_and_a_post_may_be_in_several() {
    let post = |creator, tag: &str, words: &[&'static str], plays| Post {
        creator,
        tags: vec![tag.to_owned()],
        words: words.to_vec(),
        plays,
        viral: Some(plays > 1_000),
        ..Post::default()
    };
    let posts = vec![
        post("a", "shoes", &["red"], 10),
        post("b", "shoes", &["dress"], 5_000),
        post("c", "none", &["dress"], 20),
        post("c", "none", &["sky"], 30),
    ];
    let fake = Fake { posts, newest_fetched_at: None };
    let dresses = Query::Or(vec![tag("dress"), Query::Words { tokens: vec!["dress".into()], prefix: false }]);
    let categories = [category("hats", tag("hat")), category("shoes", tag("shoes")), category("dresses", dresses)];
    let mut ranking = Ranking::new(GroupKind::Category, GroupOrder::Plays, 9);
    let rows = rank(&fake, &Scope::all(), &categories, &ranking).await.unwrap();
    let shown: Vec<_> =
        rows.iter().map(|row| (row.name.as_str(), row.tally.posts, row.creators, row.tally.plays)).collect();
    assert_eq!(shown, [("dresses", 2, 2, 5_020), ("shoes", 2, 2, 5_010), ("hats", 0, 0, 0)]);
    // fg = 1/1, bg = 2/4.
    assert_eq!((rows[0].lift, rows[2].lift, rows[2].median_plays), (Some(1.0), Some(0.0), None));
    ranking.order = GroupOrder::Median;
    assert!(rank(&fake, &Scope::all(), &categories, &ranking).await.unwrap().is_empty(), "below the floors");
    (ranking.floors.posts, ranking.floors.creators, ranking.limit) = (1, 1, 1);
    assert_eq!(rank(&fake, &Scope::all(), &categories, &ranking).await.unwrap()[0].name, "dresses");
}
