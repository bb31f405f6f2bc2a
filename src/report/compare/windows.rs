//! Windows: what was measured one interval after another, put together where there is much of it.

/// More windows of one run tell no more of how it varies, and only cost time.
pub(super) const WINDOWS_MAX: usize = 240;

/// What can be put together.
pub(super) trait Part {
    /// Takes `later`, which was measured after it, in.
    fn join(&mut self, later: &Self);
    /// How much room it takes, in any unit.
    fn size(&self) -> usize;
}

/// Intervals of one run in their order, equally many in each window; in the last of them, there
/// may be fewer.
#[derive(Clone, Debug)]
pub(super) struct Windows<T> {
    all: Vec<T>,
    count_max: usize,
    size_max: usize,
    /// Intervals of each window.
    each: usize,
    /// Intervals of the last one.
    last: usize,
    size: usize,
}

impl<T: Part> Windows<T> {
    /// None yet, and `count_max` at most, which together take no more than `size_max`, unless one
    /// alone does.
    pub(super) fn new(count_max: usize, size_max: usize) -> Windows<T> {
        Windows { all: Vec::new(), count_max, size_max, each: 1, last: 0, size: 0 }
    }

    /// Adds the next interval.
    pub(super) fn push(&mut self, next: T) {
        match self.all.last_mut() {
            Some(last) if self.last < self.each => {
                self.size -= last.size();
                last.join(&next);
                self.size += last.size();
                self.last += 1;
            }
            _ => {
                self.size += next.size();
                self.all.push(next);
                self.last = 1;
            }
        }
        while self.all.len() > 1 && (self.all.len() > self.count_max || self.size > self.size_max) {
            self.halve();
        }
    }

    pub(super) fn all(&self) -> &[T] {
        &self.all
    }

    /// Joins each window with the next.
    fn halve(&mut self) {
        if self.all.len().is_multiple_of(2) {
            self.last += self.each;
        }
        let mut joined: Vec<T> = Vec::with_capacity(self.all.len().div_ceil(2));
        for (at, window) in self.all.drain(..).enumerate() {
            match joined.last_mut() {
                Some(last) if at % 2 == 1 => last.join(&window),
                _ => joined.push(window),
            }
        }
        self.all = joined;
        self.each *= 2;
        self.size = self.all.iter().map(Part::size).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The intervals that are in it.
    impl Part for Vec<usize> {
        fn join(&mut self, later: &Vec<usize>) {
            self.extend(later);
        }

        fn size(&self) -> usize {
            // So many intervals need as much room as one, like histograms that are alike.
            1
        }
    }

    #[test]
    fn windows_are_equal_and_few_and_nothing_is_lost_or_moved() {
        for count_max in [1, 2, 3, 7, 240] {
            for count in (0..70).chain([239, 240, 241, 480, 481, 100_000]) {
                let mut windows = Windows::new(count_max, usize::MAX);
                (0..count).for_each(|at| windows.push(vec![at]));
                let case = format!("{count} in {count_max}");
                assert!(windows.all().len() <= count_max, "{case}");
                assert!(windows.all().len() * 2 + 1 >= count_max.min(count), "{case}");
                assert!(windows.all().concat().into_iter().eq(0..count), "{case}");
                let lengths: Vec<usize> = windows.all().iter().map(Vec::len).collect();
                if let [first, rest @ .., last] = &lengths[..] {
                    assert!(rest.iter().all(|it| it == first) && last <= first, "{case}");
                }
            }
        }
    }

    #[test]
    fn what_takes_much_room_has_fewer_windows() {
        let mut windows = Windows::new(240, 50);
        (0..1_000).for_each(|at| windows.push(vec![at]));
        assert!((25..=50).contains(&windows.all().len()), "{}", windows.all().len());
        assert!(windows.all().concat().into_iter().eq(0..1_000));
        let mut least = Windows::new(240, 0);
        (0..9).for_each(|at| least.push(vec![at]));
        assert_eq!(least.all().len(), 1);
    }
}
