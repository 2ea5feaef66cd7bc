//! Upper tails of three distributions: how likely so much, or more, is by chance alone. Exact sums, no approximation by
//! the normal distribution, which is far off at the small counts and small probabilities that matter here.

/// P(X ≥ `least`) for `trials` draws that each hit with probability `share`.
#[must_use]
pub fn binomial(least: u64, trials: u64, share: f64) -> f64 {
    if least == 0 || share >= 1.0 {
        return if least <= trials { 1.0 } else { 0.0 };
    }
    if least > trials || share <= 0.0 {
        return 0.0;
    }
    let odds = share / (1.0 - share);
    let mass = |hits: u64| {
        let misses = (trials - hits) as f64;
        (ln_choose(trials, hits) + hits as f64 * share.ln() + misses * (-share).ln_1p()).exp()
    };
    let next = |hits: u64| (trials - hits) as f64 / (hits + 1) as f64 * odds;
    upper(least, trials, trials as f64 * share, mass, next)
}

/// P(X ≥ `least`) for `drawn` posts drawn from `all`, of which `marked` are marked, none put back.
#[must_use]
pub fn hypergeometric(least: u64, drawn: u64, marked: u64, all: u64) -> f64 {
    let most = drawn.min(marked);
    // So many at least must be marked, where there are too few others.
    let fewest = (drawn + marked).saturating_sub(all);
    if least <= fewest {
        return 1.0;
    }
    if least > most || drawn > all || marked > all {
        return 0.0;
    }
    let ln_all = ln_choose(all, drawn);
    let mass = |hits: u64| (ln_choose(marked, hits) + ln_choose(all - marked, drawn - hits) - ln_all).exp();
    let next = |hits: u64| {
        let others_left = (all + hits + 1 - marked - drawn) as f64;
        (marked - hits) as f64 * (drawn - hits) as f64 / ((hits + 1) as f64 * others_left)
    };
    upper(least, most, drawn as f64 * marked as f64 / all as f64, mass, next)
}

/// P(X ≥ `least`) of rare, independent events of which `expected` are expected (Poisson).
#[must_use]
pub fn poisson(least: u64, expected: f64) -> f64 {
    if least == 0 || expected <= 0.0 {
        return if least == 0 { 1.0 } else { 0.0 };
    }
    let mass = |events: u64| (events as f64 * expected.ln() - expected - ln_factorial(events)).exp();
    let next = |events: u64| expected / (events + 1) as f64;
    upper(least, u64::MAX, expected, mass, next)
}

/// Sums masses from `least` up, or those below it where that is the shorter tail. `next(x)` is mass(x + 1) / mass(x);
/// it falls with x, so that a sum can end where its terms no longer count.
fn upper(least: u64, most: u64, mean: f64, mass: impl Fn(u64) -> f64, next: impl Fn(u64) -> f64) -> f64 {
    const COUNTS: f64 = 1e-17;
    let is_above = least as f64 > mean;
    let mut hits = if is_above { least } else { least - 1 };
    let mut term = mass(hits);
    let mut sum = term;
    while term > sum * COUNTS {
        if is_above {
            if hits == most {
                break;
            }
            term *= next(hits);
            hits += 1;
        } else {
            if hits == 0 {
                break;
            }
            term /= next(hits - 1);
            hits -= 1;
        }
        if !term.is_finite() {
            break; // A mass of 0 lies below: there is nothing more to sum.
        }
        sum += term;
    }
    if is_above { sum.min(1.0) } else { (1.0 - sum).max(0.0) }
}

fn ln_choose(all: u64, taken: u64) -> f64 {
    ln_factorial(all) - ln_factorial(taken) - ln_factorial(all - taken)
}

/// ln n!: summed for small n, Stirling's series above (relative error below 1e-14 from 20 on).
fn ln_factorial(number: u64) -> f64 {
    if number < 20 {
        return (2..=number).map(|factor| (factor as f64).ln()).sum();
    }
    let n = number as f64;
    let correction = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3)) + 1.0 / (1_260.0 * n.powi(5));
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + correction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_close(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-9 * one.abs().max(other.abs()) + 1e-15
    }

    #[test]
    fn by_hand() {
        assert!(is_close(binomial(8, 10, 0.5), 56.0 / 1024.0));
        assert!(is_close(binomial(1, 10, 0.1), 1.0 - 0.9_f64.powi(10)));
        assert_eq!((binomial(0, 10, 0.5), binomial(11, 10, 0.5)), (1.0, 0.0));
        // Four of the four drawn out of 10, of which 5 are marked: 5/210.
        assert!(is_close(hypergeometric(4, 4, 5, 10), 5.0 / 210.0));
        assert!(hypergeometric(3, 8, 5, 10) >= 1.0, "only five are not marked");
        // Fisher's tea: all four cups out of eight.
        assert!(is_close(hypergeometric(4, 4, 4, 8), 1.0 / 70.0));
        // 1 − e⁻² (1 + 2).
        assert!(is_close(poisson(2, 2.0), 1.0 - 3.0 * (-2.0_f64).exp()));
        assert_eq!((poisson(0, 0.0), poisson(1, 0.0)), (1.0, 0.0));
        assert!(poisson(100, 2.0) < 1e-100 && (poisson(1_000_000, 1e6) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn large_numbers_stay_exact() {
        // R: phyper(199, 30000, 970000, 2000, lower.tail = FALSE) is about 1e-50; what matters is that it is no 0 and
        // no NaN.
        let tail = hypergeometric(200, 2_000, 30_000, 1_000_000);
        assert!(tail > 0.0 && tail < 1e-40, "{tail}");
        assert!((binomial(500_000, 1_000_000, 0.5) - 0.5).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn the_binomial_is_its_sum(trials in 1_i32..30, least in 0_i32..32, share in 0.01..0.99_f64) {
            let mass = |hits: i32| {
                let ways: f64 = (0..hits).map(|i| f64::from(trials - i) / f64::from(i + 1)).product();
                ways * share.powi(hits) * (1.0 - share).powi(trials - hits)
            };
            let plain: f64 = (least..=trials).map(mass).sum();
            let [least, trials] = [least, trials].map(i32::unsigned_abs).map(u64::from);
            prop_assert!(is_close(binomial(least, trials, share), plain), "{plain}");
        }

        #[test]
        fn the_hypergeometric_is_its_sum(all in 1_u64..40, marked in 0_u64..40, drawn in 0_u64..40, least in 0_u64..41) {
            let (marked, drawn) = (marked.min(all), drawn.min(all));
            let choose = |n: u64, k: u64| -> f64 {
                if k > n { 0.0 } else { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product() }
            };
            let mass = |hits: u64| choose(marked, hits) * choose(all - marked, drawn - hits) / choose(all, drawn);
            let plain: f64 = (least..=drawn.min(marked)).map(mass).sum();
            prop_assert!(is_close(hypergeometric(least, drawn, marked, all), plain), "{plain}");
        }

        #[test]
        fn more_is_never_likelier(trials in 1_u64..5_000, least in 0_u64..5_000, share in 0.0..=1.0_f64) {
            let (one, more) = (binomial(least, trials, share), binomial(least + 1, trials, share));
            prop_assert!((0.0..=1.0).contains(&one) && more <= one * (1.0 + 1e-9) + 1e-12);
        }
    }
}
