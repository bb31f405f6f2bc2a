//! Cells: a histogram as the cells that something lies in, which merges quickly with others.

use std::cmp::Ordering;

use hdrhistogram::Histogram;

/// Below this many microseconds each has a cell of its own.
const SINGLE_MICROS: u32 = 2_048;

/// How often which time was taken: the least time of each cell, in microseconds, and the count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::report::compare) struct Cells(Vec<(u32, u64)>);

impl Cells {
    /// The cells of a histogram as runs log it: up to an hour, in microseconds, to three digits.
    pub(in crate::report::compare) fn of(histogram: &Histogram<u64>) -> Cells {
        let cell = |value| histogram.lowest_equivalent(value) as u32;
        let recorded = histogram.iter_recorded();
        Cells(recorded.map(|it| (cell(it.value_iterated_to()), it.count_at_value())).collect())
    }

    /// Of counts by cells, which come in any order, each cell once or more often.
    pub(in crate::report::compare) fn of_counts(mut counts: Vec<(u32, u64)>) -> Cells {
        counts.sort_unstable_by_key(|(cell, _)| *cell);
        let mut cells: Vec<(u32, u64)> = Vec::with_capacity(counts.len());
        for (cell, count) in counts {
            match cells.last_mut() {
                Some(last) if last.0 == cell => last.1 = last.1.saturating_add(count),
                _ => cells.push((cell, count)),
            }
        }
        Cells(cells)
    }

    /// All that these have counted.
    pub(in crate::report::compare) fn merged<'a>(
        all: impl IntoIterator<Item = &'a Cells>,
    ) -> Cells {
        Cells::of_counts(all.into_iter().flat_map(|cells| cells.0.iter().copied()).collect())
    }

    /// Adds what `other` has counted.
    pub(in crate::report::compare) fn add(&mut self, other: &Cells) {
        let mut both = Vec::with_capacity(self.0.len().max(other.0.len()));
        let (mut ours, mut theirs) = (&self.0[..], &other.0[..]);
        while let ([one, ours_after @ ..], [other, theirs_after @ ..]) = (ours, theirs) {
            both.push(match one.0.cmp(&other.0) {
                Ordering::Less => *one,
                Ordering::Greater => *other,
                Ordering::Equal => (one.0, one.1.saturating_add(other.1)),
            });
            ours = if one.0 <= other.0 { ours_after } else { ours };
            theirs = if other.0 <= one.0 { theirs_after } else { theirs };
        }
        both.extend(ours);
        both.extend(theirs);
        self.0 = both;
    }

    /// How many times were counted.
    pub(in crate::report::compare) fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many cells something lies in.
    pub(in crate::report::compare) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time that this share of all does not exceed, in microseconds, and the width of its cell;
    /// nothing when nothing was counted. Times are taken to lie evenly within their cell, so that
    /// percentiles do not jump from one to the next.
    pub(in crate::report::compare) fn at(&self, share: f64) -> Option<(f64, f64)> {
        percentile(self.0.iter().copied(), self.count(), share)
    }

    /// The longest time, in microseconds.
    pub(in crate::report::compare) fn max(&self) -> Option<f64> {
        self.0.last().map(|(cell, _)| f64::from(*cell))
    }
}

fn percentile(
    cells: impl Iterator<Item = (u32, u64)>,
    total: u64,
    share: f64,
) -> Option<(f64, f64)> {
    let wanted = share * total as f64;
    let mut below = 0.0;
    let mut last = None;
    for (cell, count) in cells.filter(|(_, count)| *count > 0) {
        let count = count as f64;
        if below + count >= wanted {
            return Some((within(cell, (wanted - below) / count), width(cell)));
        }
        below += count;
        last = Some((within(cell, 1.0), width(cell)));
    }
    last
}

/// The time that this share of those in a cell does not exceed. A time was rounded to the
/// microsecond before it was counted.
fn within(cell: u32, share: f64) -> f64 {
    f64::from(cell) - 0.5 + width(cell) * share.clamp(0.0, 1.0)
}

/// The width of the cell that begins here, in microseconds: three digits are kept.
fn width(cell: u32) -> f64 {
    match cell < SINGLE_MICROS {
        true => 1.0,
        false => f64::from(1_u32 << (u32::BITS - cell.leading_zeros() - SINGLE_MICROS.ilog2())),
    }
}

/// Histograms of one measurement that are merged again and again: their cells are numbered, so
/// that those that nothing lies in cost nothing.
pub(super) struct Pool {
    cells: Vec<u32>,
    members: Vec<Vec<(u32, u64)>>,
    counts: Vec<u64>,
}

impl Pool {
    pub(super) fn new<'a>(members: impl Iterator<Item = &'a Cells> + Clone) -> Pool {
        let mut cells: Vec<u32> =
            members.clone().flat_map(|member| member.0.iter().map(|(cell, _)| *cell)).collect();
        cells.sort_unstable();
        cells.dedup();
        let place = |cell: u32| cells.partition_point(|it| *it < cell) as u32;
        let numbered = |member: &Cells| {
            member.0.iter().map(|(cell, count)| (place(*cell), *count)).collect::<Vec<_>>()
        };
        let members = members.map(numbered).collect();
        let counts = vec![0; cells.len()];
        Pool { cells, members, counts }
    }

    /// The logarithms of the percentiles at `shares` (in order) of these members merged; a member
    /// may be named more than once.
    pub(super) fn percentiles(&mut self, members: &[usize], shares: &[f64], into: &mut Vec<f64>) {
        self.counts.fill(0);
        let mut total = 0;
        for member in members {
            for (place, count) in &self.members[*member] {
                self.counts[*place as usize] += count;
                total += count;
            }
        }
        let (mut below, mut shares) = (0, shares.iter().peekable());
        for (place, count) in self.counts.iter().copied().enumerate() {
            if count == 0 {
                continue;
            }
            while let Some(share) =
                shares.next_if(|share| (below + count) as f64 >= **share * total as f64)
            {
                let beyond = share * total as f64 - below as f64;
                into.push(within(self.cells[place], beyond / count as f64).ln());
            }
            below += count;
        }
        // Nothing was drawn.
        into.extend(shares.map(|_| f64::NAN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Histogram as Recorded, Quantile};

    fn recorded(times: impl IntoIterator<Item = u64>) -> Recorded {
        let mut histogram = Recorded::default();
        for micros in times {
            histogram.record(std::time::Duration::from_micros(micros));
        }
        histogram
    }

    #[test]
    fn percentiles_are_those_of_the_histogram() {
        let histogram = recorded((1..9_000).map(|at| at * at / 7 + 1));
        let cells = Cells::of(histogram.as_hdr());
        assert_eq!(cells.count(), histogram.count());
        for share in [0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let wanted = histogram.at(Quantile::Of(share)).as_secs_f64() * 1e6;
            let (got, width) = cells.at(share).expect("there is something");
            assert!((got - wanted).abs() <= width + 1.0, "{share}: {got} for {wanted} ({width})");
            assert!(width <= 1.0 + wanted / 1_000.0, "{share}: {width} at {wanted}");
        }
        assert_eq!(Cells::default().at(0.5), None);
    }

    #[test]
    fn what_is_merged_is_what_was_counted_together() {
        let (one, other) = (recorded(1..3_000), recorded((900..90_000).step_by(7)));
        let mut both = one.clone();
        both.add(&other);
        let [one, other, both] = [one, other, both].map(|it| Cells::of(it.as_hdr()));
        assert_eq!(Cells::merged([&one, &other]), both);
        for [first, second] in [[&one, &other], [&other, &one]] {
            let mut sum = first.clone();
            sum.add(second);
            assert_eq!(sum, both);
        }
        let mut pool = Pool::new([&one, &other].into_iter());
        let mut got = Vec::new();
        let shares = [0.5, 0.99];
        pool.percentiles(&[0, 1], &shares, &mut got);
        pool.percentiles(&[1, 1], &shares, &mut got);
        let of = |cells: &Cells| shares.map(|share| cells.at(share).expect("some").0.ln());
        assert_eq!(got, [of(&both), of(&other)].concat());
    }
}
