//! Median and spread of all values of a sorted list but one: what a creator's other posts say of this one. Pure.
//!
//! Leaving a value out costs no copy: positions behind it move by one. The median is read off; the median of the
//! distances from it is chosen out of two ascending sequences (below and above the median) by bisection.

/// A sorted list of finite values, one of them left out.
#[derive(Debug, Clone, Copy)]
pub struct Others<'a> {
    values: &'a [f64],
    /// The length of the list when nothing is left out.
    left_out: usize,
}

impl<'a> Others<'a> {
    /// All values but the one at `left_out`, or all of them. `values` must be sorted, and finite.
    #[must_use]
    pub fn new(values: &'a [f64], left_out: Option<usize>) -> Self {
        Self { values, left_out: left_out.unwrap_or(values.len()).min(values.len()) }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() - usize::from(self.left_out < self.values.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn at(&self, position: usize) -> f64 {
        self.values[position + usize::from(position >= self.left_out)]
    }

    /// The median, the mean of the two middle ones of an even number; `None` of nothing.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        self.middle(|position| self.at(position))
    }

    /// The median of the distances from `centre` (the MAD, where that is the median); `None` of nothing. O(log n).
    #[must_use]
    pub fn median_deviation(&self, centre: f64) -> Option<f64> {
        let first_above = self.first(|value| value >= centre);
        self.middle(|position| self.deviation(centre, first_above, position))
    }

    /// The mean of the distances from `centre`; `None` of nothing. Takes as long as there are values that differ from
    /// it.
    #[must_use]
    pub fn mean_deviation(&self, centre: f64) -> Option<f64> {
        if self.is_empty() {
            return None;
        }
        let (equal, above) = (self.first(|value| value >= centre), self.first(|value| value > centre));
        let sum: f64 = (0..equal).chain(above..self.len()).map(|position| (self.at(position) - centre).abs()).sum();
        Some(sum / self.len() as f64)
    }

    fn middle(&self, at: impl Fn(usize) -> f64) -> Option<f64> {
        let middle = self.len() / 2;
        match self.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(at(middle)),
            _ => Some(f64::midpoint(at(middle - 1), at(middle))),
        }
    }

    /// The first position whose value meets `is_behind`, which all behind it meet, too.
    fn first(&self, is_behind: impl Fn(f64) -> bool) -> usize {
        bisect(0, self.len(), |position| is_behind(self.at(position)))
    }

    /// The distance from `centre` that has `rank` smaller ones. `below` values are smaller than the centre.
    fn deviation(&self, centre: f64, below: usize, rank: usize) -> f64 {
        let (taken, above) = (rank + 1, self.len() - below);
        // The n-th nearest on each side; both ascend.
        let under = |n: usize| centre - self.at(below - 1 - n);
        let over = |n: usize| self.at(below + n) - centre;
        // How many of those taken lie below the centre: the least number with which no nearer one above is passed over.
        let from_below = bisect(taken.saturating_sub(above), taken.min(below), |from_below| {
            let from_above = taken - from_below;
            from_above == 0 || over(from_above - 1) <= under(from_below)
        });
        let farthest_below = from_below.checked_sub(1).map(under);
        let farthest_above = (taken - from_below).checked_sub(1).map(over);
        farthest_below.into_iter().chain(farthest_above).fold(0.0, f64::max)
    }
}

/// The first number of `from..to` that meets `is_behind`, which all behind it meet, too; `to` when none does.
fn bisect(mut from: usize, mut to: usize, is_behind: impl Fn(usize) -> bool) -> usize {
    while from < to {
        let middle = usize::midpoint(from, to);
        if is_behind(middle) { to = middle } else { from = middle + 1 }
    }
    from
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive_median(mut values: Vec<f64>) -> Option<f64> {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(values[middle]),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        }
    }

    fn others(values: &[f64], left_out: Option<usize>) -> Vec<f64> {
        let is_left_out = |position| left_out == Some(position);
        (0..values.len()).filter(|position| !is_left_out(*position)).map(|position| values[position]).collect()
    }

    proptest! {
        #[test]
        fn as_if_the_others_were_copied_and_sorted(
            // Few distinct ones, so that many are equal.
            mut values in prop::collection::vec(prop_oneof![0..4_u32, 0..2_000_000_u32], 0..40),
            left_out in prop::option::of(0..40_usize),
        ) {
            values.sort_unstable();
            let values: Vec<f64> = values.into_iter().map(|plays| f64::from(plays).ln_1p()).collect();
            let left_out = left_out.filter(|position| *position < values.len());
            let (fast, naive) = (Others::new(&values, left_out), others(&values, left_out));
            prop_assert_eq!(fast.len(), naive.len());
            prop_assert_eq!(fast.median(), naive_median(naive.clone()));
            for centre in fast.median().into_iter().chain([0.0, 3.7, 30.0]) {
                let deviations: Vec<f64> = naive.iter().map(|value| (value - centre).abs()).collect();
                prop_assert_eq!(fast.median_deviation(centre), naive_median(deviations.clone()));
                let mean = deviations.iter().sum::<f64>() / deviations.len() as f64;
                let found = fast.mean_deviation(centre);
                prop_assert!(found.map_or(naive.is_empty(), |found| (found - mean).abs() <= 1e-12 * mean));
            }
        }
    }

    #[test]
    fn equal_values_have_no_spread_at_all() {
        let values = [5.3_f64.ln_1p(); 6];
        let others = Others::new(&values, Some(2));
        let median = others.median().unwrap();
        assert_eq!((others.median_deviation(median), others.mean_deviation(median)), (Some(0.0), Some(0.0)));
    }
}
