//! What is claimed, and above all what is not.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Poisson};

use super::*;

fn windows(recent: u64, earlier: u64) -> Tally {
    Tally { recent, earlier, ..Tally::default() }
}

fn judged(judged: u64, viral: u64) -> Tally {
    Tally { judged, viral, ..Tally::default() }
}

const TESTED: Tested = Tested { groups: 1_000, floor: 5 };

#[test]
fn a_burst_of_many_creators_is_claimed_and_one_accounts_is_not() {
    let (group, scope) = (windows(40, 4), windows(5_000, 5_000));
    assert!(may_burst(&group, &scope, TESTED));
    assert!(bursts(&group, &scope, &[1; 40], TESTED));
    assert!(bursts(&group, &scope, &[2; 20], TESTED));
    assert!(!bursts(&group, &scope, &[40], TESTED), "one account's private tag");
    assert!(!bursts(&group, &scope, &[20, 20], TESTED));
    assert!(!bursts(&group, &scope, &[37, 1, 1, 1], TESTED), "one account, and three that tried it");
    assert!(!bursts(&group, &scope, &[10; 4], TESTED), "four accounts that post it each day are four findings");
    assert!(!bursts(&group, &windows(50_000, 5_000), &[1; 40], TESTED), "all grew");
    assert!(!may_burst(&windows(40, 4), &windows(5_000, 0), TESTED), "nothing is known of before");
}

#[test]
fn a_lift_is_claimed_where_chance_does_not_explain_it() {
    let (group, scope) = (judged(100, 20), judged(100_000, 2_000));
    assert!(may_be_lifted(&group, &scope, TESTED) && lifted(&group, &scope, &[1; 20], TESTED));
    assert!(!lifted(&group, &scope, &[18, 1, 1], TESTED));
    assert!(!may_be_lifted(&judged(100, 6), &scope, TESTED), "three times the share, but of how few");
    assert!(!may_be_lifted(&judged(100, 0), &judged(100, 0), TESTED));
}

#[test]
fn what_was_looked_at_for_its_many_posts_has_to_show_more() {
    let scope = windows(1_000, 1_000);
    let (alone, picked) = (Tested { groups: 1, floor: 0 }, Tested { groups: 1, floor: 7 });
    assert!(may_burst(&windows(8, 0), &scope, alone));
    assert!(!may_burst(&windows(8, 0), &scope, picked), "8 of those that have 7 at least are no surprise");
}

#[test]
fn generic_is_what_many_use_and_nothing_else_is_said_of() {
    assert!(
        is_generic(20, 200, Some(1.0), false)
            && !is_generic(19, 190, Some(1.0), false)
            && !is_generic(20, 201, None, false)
    );
    assert!(!is_generic(20, 200, None, true), "a trend that many took up");
    assert!(
        is_generic(20, 20, None, false) && !is_generic(20, 20, Some(1.5), false),
        "what comes up was not there before"
    );
}

/// 3,000 groups whose posts fall into the windows, and turn out viral, by chance alone: floors pick those that had
/// luck.
#[test]
fn nothing_is_claimed_where_nothing_is_going_on() {
    let mut claims = 0;
    for seed in 0..30 {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let sizes: Vec<f64> = (0..3_000).map(|group| 300.0 / f64::from(group + 1) + 0.5).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let mut draw = |mean: f64| Poisson::new(mean).unwrap().sample(&mut draws) as u64;
        let tallies: Vec<Tally> = sizes
            .iter()
            .map(|&size| Tally { judged: draw(size * 9.0), ..windows(draw(size), draw(size * 1.5)) })
            .collect();
        let tallies: Vec<Tally> = tallies
            .into_iter()
            .map(|tally| Tally { viral: Binomial::new(tally.judged, 0.03).unwrap().sample(&mut draws), ..tally })
            .collect();
        let sum = |count: fn(&Tally) -> u64| tallies.iter().map(count).sum();
        let mut scope = windows(sum(|tally| tally.recent), sum(|tally| tally.earlier));
        (scope.judged, scope.viral) = (sum(|tally| tally.judged), sum(|tally| tally.viral));
        let passing = |count: fn(&Tally) -> u64, floor| {
            let passing: Vec<&Tally> = tallies.iter().filter(|tally| count(tally) >= floor).collect();
            (Tested { groups: passing.len() as u64, floor }, passing)
        };
        let (tested, recent) = passing(|tally| tally.recent, 5);
        claims += recent.iter().filter(|group| may_burst(group, &scope, tested)).count();
        let (tested, viral) = passing(|tally| tally.viral, 3);
        claims += viral.iter().filter(|group| may_be_lifted(group, &scope, tested)).count();
    }
    assert!(claims <= 2, "{claims} claims in 60 answers, where 0.6 are expected at most");
}

/// 300 creators with four favourite tags each, who post much in one window and little in the other, on their own
/// account.
#[test]
#[expect(
    clippy::needless_range_loop,
    reason = "creators and windows are drawn one by one; each fills its place of all tags"
)]
fn creators_with_habits_and_moods_are_no_bursts() {
    use rand::Rng;
    use rand_distr::Gamma;
    let (mut claims, mut passed) = (0, 0);
    for seed in 0..40 {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let mut counts = vec![[[0_u64; 300]; 2]; 200];
        let mut scope = Tally::default();
        for creator in 0..300 {
            // The square makes few tags common and most rare.
            let favourites: [usize; 4] = std::array::from_fn(|_| {
                let place: f64 = draws.random();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position")]
                let position = (place * place * 200.0) as usize;
                position
            });
            for window in 0..2 {
                let mood: f64 = Gamma::new(1.5, 6.0).unwrap().sample(&mut draws);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
                let posts = Poisson::new(mood.max(0.01)).unwrap().sample(&mut draws) as u64;
                if window == 0 {
                    scope.recent += posts;
                } else {
                    scope.earlier += posts;
                }
                for tag in favourites {
                    counts[tag][window][creator] += Binomial::new(posts, 0.6).unwrap().sample(&mut draws);
                }
            }
        }
        let tally = |tag: &[[u64; 300]; 2]| windows(tag[0].iter().sum(), tag[1].iter().sum());
        let tested = Tested { groups: counts.iter().filter(|tag| tally(tag).recent >= 5).count() as u64, floor: 5 };
        for tag in counts.iter().filter(|tag| tally(tag).recent >= 5) {
            let by_creator: Vec<u64> = tag[0].iter().copied().filter(|&posts| posts > 0).collect();
            claims += usize::from(bursts(&tally(tag), &scope, &by_creator, tested));
            passed += usize::from(may_burst(&tally(tag), &scope, tested));
        }
    }
    assert!(passed > 100, "the counts alone would claim {passed}");
    assert!(claims <= 1, "{claims} claims in 40 answers, where 0.4 are expected at most");
}

proptest! {
    #[test]
    fn creators_that_repeat_themselves_never_help(
        recent in 0_u64..200, earlier in 0_u64..200, share in 1_u64..200, effect in 1.0..50.0_f64, groups in 1_u64..1_000,
    ) {
        let (group, scope) = (windows(recent, earlier), windows(share * 50, 5_000));
        let tested = Tested { groups, floor: 0 };
        prop_assert!(may_burst(&group, &scope, tested) || !burst_passes(&group, &scope, effect, tested));
    }
}
