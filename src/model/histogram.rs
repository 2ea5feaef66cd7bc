//! Counts of values by size, cheap enough to be fed on every bulk request. Rooms add to them, metrics only read them.

use super::counters::Counter;

/// How many values there were up to each of some bounds. The unit is the field's that holds it.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, not accumulated, and one for what is above the last.
    counts: Vec<Counter>,
    sum: Counter,
}

/// What a histogram held at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramReading {
    /// Each bound, with how many values were at most so large, ascending.
    pub up_to: Vec<(u64, u64)>,
    /// How many values there were.
    pub count: u64,
    /// What they add up to. Read a moment later than the counts.
    pub sum: u64,
}

impl Histogram {
    /// An empty one. The bounds ascend.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| Counter::default()).collect();
        Self { bounds, counts, sum: Counter::default() }
    }

    /// Counts one value.
    pub fn add(&self, value: u64) {
        self.counts[self.bounds.partition_point(|&bound| bound < value)].add(1);
        self.sum.add(value);
    }

    /// What it holds now: the count is what the parts add up to, also while others add.
    #[must_use]
    pub fn read(&self) -> HistogramReading {
        let mut count = 0;
        let mut counted = self.counts.iter().map(|part| {
            count += part.get();
            count
        });
        let up_to = self.bounds.iter().copied().zip(&mut counted).collect();
        // What is above the last bound.
        counted.next();
        HistogramReading { up_to, count, sum: self.sum.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_at_its_bound_and_above() {
        let histogram = Histogram::new(&[10, 100]);
        for value in [0, 10, 11, 100, 101, 5_000] {
            histogram.add(value);
        }
        let read = histogram.read();
        assert_eq!(read.up_to, [(10, 2), (100, 4)]);
        assert_eq!((read.count, read.sum), (6, 5_222));
    }
}
