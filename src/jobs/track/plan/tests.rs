//! The rule in numbers, the order, the budget, and that nobody is starved.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Seconds, UTC.
const NOW: i64 = 1_750_377_600;

fn creator(number: usize) -> CreatorId {
    CreatorId::parse(&format!("MS4wLjABAAAA{number:08}")).unwrap()
}

/// A post of this age, read so long ago (hours).
fn post(age: i64, read: i64) -> Post {
    Post { publish_ts: NOW - age * HOUR, fetched_at: (NOW - read * HOUR) * 1000, viral: false, growth: None }
}

fn known(number: usize, visited: i64, posts: Vec<Post>) -> Known {
    Known { creator: creator(number), last_visit: (NOW - visited * HOUR) * 1000, has_failed: false, posts }
}

fn order(plan: &Plan) -> Vec<CreatorId> {
    plan.visits.iter().map(|visit| visit.creator.clone()).collect()
}

#[test]
fn each_class_of_age_has_its_interval_and_hot_posts_are_one_class_younger() {
    let hours = |age: i64, hot: bool| {
        let by_growth = Post { growth: Some(if hot { 0.2 } else { 0.19 }), ..post(age, 0) };
        let by_virality = Post { viral: hot, ..post(age, 0) };
        assert_eq!(by_growth.interval(NOW), by_virality.interval(NOW));
        by_growth.interval(NOW).map(|interval| interval / HOUR)
    };
    let ages = [0, 23, 24, 71, 72, 167, 168, 719, 720, 90 * 24 - 1, 90 * 24];
    let usual = [Some(1), Some(1), Some(6), Some(6), Some(24), Some(24), Some(168), Some(168), None, None, None];
    let hot = [Some(1), Some(1), Some(1), Some(1), Some(6), Some(6), Some(24), Some(24), Some(168), Some(168), None];
    assert_eq!(ages.map(|age| hours(age, false)), usual);
    assert_eq!(ages.map(|age| hours(age, true)), hot);
    assert_eq!(hours(-5, false), Some(1), "posted later than our clock says");
}

#[test]
fn a_post_is_due_a_little_before_its_time_and_not_much() {
    let read_before = |minutes: i64| Post { fetched_at: (NOW - minutes * 60) * 1000, ..post(30, 0) };
    assert!(read_before(6 * 60).is_due(NOW) && read_before(6 * 54).is_due(NOW));
    assert!(!read_before(6 * 54 - 1).is_due(NOW));
    assert!(!post(40 * 24, 10_000).is_due(NOW), "old posts are never due");
}

#[test]
fn who_is_most_overdue_by_its_own_measure_comes_first() {
    let creators = vec![
        known(1, 20, Vec::new()),
        known(2, 2, vec![post(3, 2)]),
        known(3, 12, vec![post(48, 12), post(200, 12)]),
        known(4, 20, vec![post(5_000, 20)]),
    ];
    // 20/24, 2/1, 12/6, 20/24: ties in the order of their ids.
    assert_eq!(order(&plan(creators, NOW, 35, None)), [2, 3, 1, 4].map(creator));
}

#[test]
fn who_failed_comes_last_where_everybody_has_a_turn() {
    let failed = |number, visited| Known { has_failed: true, ..known(number, visited, Vec::new()) };
    let creators = || vec![failed(1, 30), known(2, 2, Vec::new()), failed(3, 40), known(4, 20, Vec::new())];
    assert_eq!(order(&plan(creators(), NOW, 35, None)), [4, 2, 3, 1].map(creator));
    assert_eq!(order(&plan(creators(), NOW, 35, Some(2))), [3, 1].map(creator), "else it might never have one");
}

#[test]
fn without_a_budget_each_walk_reads_back_to_its_oldest_due_post() {
    let posts: Vec<Post> = (0..100).map(|number| post(number * 2, 25)).collect();
    let oldest_due = posts.iter().filter(|post| post.is_due(NOW)).map(|post| post.publish_ts).min();
    let plan = plan(vec![known(1, 25, posts), known(2, 25, Vec::new())], NOW, 10, None);
    let of = |number| plan.visits.iter().find(|visit| visit.creator == creator(number)).unwrap().clone();
    assert_eq!((of(1).read_back_to, of(1).pages), (oldest_due, 9), "84 posts are younger than a week");
    assert_eq!((of(1).due, plan.due, plan.left), (84, 84, 0));
    assert_eq!((of(2).read_back_to, of(2).pages), (None, 1));
}

#[test]
fn a_budget_goes_to_first_pages_and_then_to_the_pages_with_the_most_due_posts() {
    let many_due = known(1, 30, (0..30).map(|_| post(2, 30)).collect());
    let mut far_away: Vec<Post> = (0..20).map(|_| post(2, 0)).collect();
    far_away.extend((0..10).map(|_| post(3, 30)));
    let creators = vec![many_due, known(2, 1, far_away), known(3, 0, Vec::new())];
    let of = |budget| {
        let plan = plan(creators.clone(), NOW, 10, Some(budget));
        (plan.visits.iter().map(|visit| visit.pages).collect::<Vec<_>>(), plan.left)
    };
    assert_eq!(of(0), (vec![], 3));
    assert_eq!(of(2), (vec![1, 1], 1));
    assert_eq!(of(3), (vec![1, 1, 1], 0));
    assert_eq!(of(4), (vec![2, 1, 1], 0));
    assert_eq!(of(5), (vec![3, 1, 1], 0));
    assert_eq!(of(6), (vec![3, 1, 1], 0), "due posts two pages away cost two requests");
    assert_eq!(of(7), (vec![3, 3, 1], 0));
}

fn any_post() -> impl Strategy<Value = Post> {
    (0_i64..2_500, 0_i64..400, any::<bool>(), prop::option::of(-1.0_f64..2.0))
        .prop_map(|(age, read, viral, growth)| Post { viral, growth, ..post(age, read) })
}

fn any_known() -> impl Strategy<Value = Vec<Known>> {
    let one = (0_i64..300, prop::collection::vec(any_post(), 0..40));
    prop::collection::vec(one, 0..12).prop_map(|drawn| {
        drawn.into_iter().enumerate().map(|(number, (visited, posts))| known(number, visited, posts)).collect()
    })
}

/// Only so many hours old, and read an hour ago: what sets a creator's interval.
fn any_age() -> impl Strategy<Value = i64> {
    prop_oneof![Just(1_i64), Just(30), Just(100), Just(1_000)]
}

proptest! {
    #[test]
    fn a_budget_is_kept_and_nobody_has_a_second_page_before_all_have_their_first(
        known in any_known(),
        page_size in 1_usize..9,
        budget in prop::option::of(0_u64..60),
    ) {
        let total = known.len() as u64;
        let planned = plan(known.clone(), NOW, page_size, budget);
        prop_assert_eq!(planned.visits.len() as u64 + planned.left, total);
        let pages: u64 = planned.visits.iter().map(|visit| visit.pages).sum();
        prop_assert!(budget.is_none_or(|budget| pages <= budget));
        prop_assert!(planned.left == 0 || planned.visits.iter().all(|visit| visit.pages == 1));
        let distinct: HashSet<_> = order(&planned).into_iter().collect();
        prop_assert_eq!(distinct.len(), planned.visits.len());
        let due = known.iter().flat_map(|known| &known.posts).filter(|post| post.is_due(NOW)).count() as u64;
        prop_assert_eq!(planned.due, due);
        let planned_due: u64 = planned.visits.iter().map(|visit| visit.due).sum();
        prop_assert!(planned_due <= due && (budget.is_some() || planned_due == due));
    }

    #[test]
    fn a_larger_budget_visits_and_reads_no_less(known in any_known(), page_size in 1_usize..9, budget in 0_u64..60) {
        let planned = |budget| plan(known.clone(), NOW, page_size, Some(budget));
        let due = |budget| planned(budget).visits.iter().map(|visit| visit.due).sum::<u64>();
        prop_assert!(due(budget) <= due(1_000_000));
        prop_assert!(planned(budget).visits.len() <= planned(budget + 1).visits.len());
    }

    /// Each visit sets the clock back: however often others are due, all have their turn.
    #[test]
    fn nobody_is_starved(ages in prop::collection::vec(any_age(), 1..10), budget in 1_u64..4) {
        let mut last = vec![NOW; ages.len()];
        let mut visits = vec![0; ages.len()];
        for round in 1..400 {
            let now = NOW + round * HOUR;
            let known = ages.iter().zip(&last).enumerate().map(|(number, (age, last))| Known {
                creator: creator(number),
                last_visit: last * 1000,
                has_failed: false,
                posts: vec![Post { publish_ts: now - age * HOUR, fetched_at: (now - HOUR) * 1000, ..post(0, 0) }],
            });
            for visit in plan(known.collect(), now, 35, Some(budget)).visits {
                let number = (0..ages.len()).find(|&number| creator(number) == visit.creator).unwrap();
                last[number] = now;
                visits[number] += 1;
            }
        }
        prop_assert!(visits.iter().all(|&visits| visits > 0), "{:?}", visits);
    }
}
