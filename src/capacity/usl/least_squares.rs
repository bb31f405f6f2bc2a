//! Least squares: the search for the curve with the smallest sum of squared residuals.
//!
//! It looks for p = 1/λ, s = σ/λ and k = κ/λ, by which the law reads
//! X(N) = N / (p + s(N − 1) + kN(N − 1)): the same curves, and the same closest one, but each of
//! the three does its part by itself, and "not negative" means the same for them as for λ, σ, κ.
//! Loads and throughputs are measured in their largest, so that no number is extreme.
//!
//! The search starts from the closest parabola to N/X (Gunther, *Guerrilla Capacity Planning*,
//! section 5.2.3, fits that alone) and goes on by the method of Levenberg and Marquardt
//! (Marquardt, SIAM J. Appl. Math. 11, 1963). A number that would become negative stays at its
//! bound until the residuals pull it away from there.

use super::{Coefficients, Point};

/// Steps after which the search is given up. It takes about ten, even with noise of a quarter; only
/// what follows no such law takes hundreds.
pub(super) const STEPS_MAX: usize = 500;
/// Into how many equal factors the loads are divided by those from which the search begins.
const KNEES: usize = 4;
/// λ is at most this many times the highest throughput. Where no load is near one, nothing else
/// keeps it finite.
const THROUGHPUT_OF_ONE_MAX: f64 = 1e6;
/// The search ends when the residuals are this close to a right angle with whatever a number can
/// change: far below any noise, far above the rounding of the sums.
const COSINE_MAX: f64 = 1e-9;
/// The search ends when a step changes no number by a larger share: they have no more digits.
const STEP_MIN: f64 = 1e-14;
const DAMPING_START: f64 = 1e-3;
const DAMPING_MIN: f64 = 1e-12;
/// So short a step changes nothing any more.
const DAMPING_MAX: f64 = 1e16;
const DAMPING_FACTOR: f64 = 10.0;

/// p, s and k, for loads and throughputs in their largest.
pub(super) type Numbers = [f64; 3];
type Matrix = [[f64; 3]; 3];

/// Where the search ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Solution {
    pub(super) numbers: Numbers,
    /// Whether it ended by itself.
    pub(super) converged: bool,
}

/// One point, in the largest load and the largest throughput.
#[derive(Clone, Copy, Debug)]
struct Row {
    load: f64,
    throughput: f64,
    /// What p, s and k are multiplied by.
    factors: Numbers,
}

/// The points to which a curve is sought.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    rows: Vec<Row>,
    load_max: f64,
    throughput_max: f64,
    /// The least value of each number.
    bounds: Numbers,
}

impl Problem {
    /// For points that were checked: positive, and at three loads or more.
    pub(super) fn new(points: &[Point]) -> Problem {
        let load_max = points.iter().map(|point| point.load).fold(0.0, f64::max);
        let throughput_max = points.iter().map(|point| point.throughput).fold(0.0, f64::max);
        let rows = points.iter().map(|point| {
            let (load, others) = (point.load / load_max, (point.load - 1.0) / load_max);
            let throughput = point.throughput / throughput_max;
            Row { load, throughput, factors: [1.0, others, load * others] }
        });
        let bounds = [1.0 / (THROUGHPUT_OF_ONE_MAX * load_max), 0.0, 0.0];
        Problem { rows: rows.collect(), load_max, throughput_max, bounds }
    }

    /// Puts others in the place of the throughputs.
    pub(super) fn set_throughputs(&mut self, throughputs: impl Iterator<Item = f64>) {
        for (row, throughput) in self.rows.iter_mut().zip(throughputs) {
            row.throughput = throughput / self.throughput_max;
        }
    }

    /// λ, σ and κ.
    pub(super) fn coefficients(&self, [p, s, k]: Numbers) -> Coefficients {
        Coefficients {
            throughput_of_one: self.throughput_max / (self.load_max * p),
            contention: s / (self.load_max * p),
            coherency: k / (self.load_max * self.load_max * p),
        }
    }

    /// p, s and k.
    pub(super) fn numbers(&self, of: Coefficients) -> Numbers {
        let p = self.throughput_max / (self.load_max * of.throughput_of_one);
        let contention = of.contention * self.load_max;
        [p, contention * p, of.coherency * self.load_max * self.load_max * p]
    }

    /// The closest curve. Where the points follow no curve well there can be several that no small
    /// change brings closer, so that the search begins from more than one.
    pub(super) fn closest(&self) -> Solution {
        let mut best = self.solve(self.parabola(), STEPS_MAX);
        for start in self.knees() {
            let other = self.solve(start, STEPS_MAX);
            if self.missed(other.numbers) < self.missed(best.numbers) {
                best = other;
            }
        }
        best
    }

    /// Curves that bend at a load of one, of the largest, and between, by contention alone or by
    /// coherency alone; each as high as suits the points best.
    fn knees(&self) -> impl Iterator<Item = Numbers> {
        let knees = (0..=KNEES).map(|i| self.load_max.powf(i as f64 / KNEES as f64));
        let shapes = knees.flat_map(|knee| {
            let bend = self.load_max / knee;
            [[1.0, bend, 0.0], [1.0, 0.0, bend * bend]]
        });
        shapes.map(|shape| {
            let heights = self.rows.iter().map(|row| row.load / product(row.factors, shape));
            let (mut with_points, mut with_itself) = (0.0, 0.0);
            for (height, row) in heights.zip(&self.rows) {
                with_points += height * row.throughput;
                with_itself += height * height;
            }
            shape.map(|number| number * with_itself / with_points)
        })
    }

    /// Weighted so that near the solution it minimises what the search does: an error of X in
    /// X²/N times N/X is, to the first order, an error of X.
    fn parabola(&self) -> Numbers {
        let mut slope = Slope::default();
        for row in &self.rows {
            let weight = row.throughput * row.throughput / row.load;
            slope.add(row.factors.map(|factor| weight * factor), row.throughput);
        }
        slope.step([true; 3], DAMPING_MIN).unwrap_or_default()
    }

    /// The closest curve that can be reached from `start` in so many steps.
    pub(super) fn solve(&self, start: Numbers, steps_max: usize) -> Solution {
        let mut at = self.bounded(start);
        let mut missed = self.missed(at);
        let mut damping = DAMPING_START;
        for _ in 0..steps_max {
            let slope = self.slope(at);
            let free = [0, 1, 2].map(|i| at[i] > self.bounds[i] || slope.pull[i] > 0.0);
            if slope.is_level(free, missed) {
                return Solution { numbers: at, converged: true };
            }
            let (next, next_missed) = loop {
                let step = slope.step(free, damping).unwrap_or_default();
                let next = self.bounded([0, 1, 2].map(|i| at[i] + step[i]));
                let next_missed = self.missed(next);
                if next_missed < missed {
                    break (next, next_missed);
                }
                damping *= DAMPING_FACTOR;
                if damping > DAMPING_MAX {
                    // However short the step, it comes no closer: this is the closest.
                    return Solution { numbers: at, converged: true };
                }
            };
            let moved = [0, 1, 2].map(|i| next[i] - at[i]);
            let (gained, promised) = (missed - next_missed, slope.promises(moved));
            let still = [0, 1, 2].iter().all(|&i| moved[i].abs() <= STEP_MIN * at[i]);
            (at, missed) = (next, next_missed);
            if still {
                return Solution { numbers: at, converged: true };
            }
            damping = (damping * damping_change(gained / promised)).max(DAMPING_MIN);
        }
        Solution { numbers: at, converged: false }
    }

    fn bounded(&self, numbers: Numbers) -> Numbers {
        [0, 1, 2].map(|i| numbers[i].max(self.bounds[i]))
    }

    /// The sum of squared residuals.
    fn missed(&self, numbers: Numbers) -> f64 {
        let residual = |row: &Row| row.throughput - row.load / product(row.factors, numbers);
        self.rows.iter().map(|row| residual(row).powi(2)).sum()
    }

    fn slope(&self, numbers: Numbers) -> Slope {
        let mut slope = Slope::default();
        for row in &self.rows {
            let denominator = product(row.factors, numbers);
            let predicted = row.load / denominator;
            let change = row.factors.map(|factor| -predicted / denominator * factor);
            slope.add(change, row.throughput - predicted);
        }
        slope
    }
}

/// How the sum of squares changes with the numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Slope {
    /// The products of the changes of the predictions by two of the numbers.
    normal: Matrix,
    /// How far the residuals pull each number up.
    pull: Numbers,
}

impl Slope {
    /// Counts in a point whose prediction moves by `change` with each of the numbers.
    fn add(&mut self, change: Numbers, residual: f64) {
        for i in 0..3 {
            self.pull[i] += change[i] * residual;
            for j in 0..3 {
                self.normal[i][j] += change[i] * change[j];
            }
        }
    }

    /// Whether none of the `free` numbers can bring the curve closer.
    fn is_level(&self, free: [bool; 3], missed: f64) -> bool {
        (0..3).all(|i| {
            let farthest = (self.normal[i][i] * missed).sqrt();
            !free[i] || self.pull[i].abs() <= COSINE_MAX * farthest
        })
    }

    /// By how much a move lowers the sum of squares, if the predictions change in a straight line.
    fn promises(&self, moved: Numbers) -> f64 {
        let curved = self.normal.map(|row| product(row, moved));
        2.0 * product(self.pull, moved) - product(curved, moved)
    }

    /// The step of the `free` numbers; each is measured in how much it changes the curve, so that
    /// one damping suits all.
    fn step(&self, free: [bool; 3], damping: f64) -> Option<Numbers> {
        let reach = [0, 1, 2].map(|i| self.normal[i][i].sqrt());
        let counts = |i: usize| free[i] && reach[i] > 0.0;
        let (mut matrix, mut right) = (Matrix::default(), Numbers::default());
        for i in 0..3 {
            matrix[i][i] = 1.0 + damping;
            if counts(i) {
                right[i] = self.pull[i] / reach[i];
            }
            for j in (0..3).filter(|&j| j != i && counts(i) && counts(j)) {
                matrix[i][j] = self.normal[i][j] / (reach[i] * reach[j]);
            }
        }
        let step = solve(matrix, right)?;
        Some([0, 1, 2].map(|i| if counts(i) { step[i] / reach[i] } else { 0.0 }))
    }
}

/// By how much to damp the next step more, when one has brought `share` of what the slope promised:
/// less after good ones, and more after bad ones, which else go to and fro over the solution
/// (Nielsen, *Damping Parameter in Marquardt's Method*, 1999).
fn damping_change(share: f64) -> f64 {
    (1.0 - (2.0 * share - 1.0).powi(3)).clamp(1.0 / 3.0, 2.0)
}

/// Solves `matrix` · x = `right` by elimination; `None` if `matrix` is not positive definite, as
/// those of least squares are but for rounding.
fn solve(mut matrix: Matrix, mut right: Numbers) -> Option<Numbers> {
    for i in 0..3 {
        let pivot = matrix[i][i];
        if pivot.is_nan() || pivot <= 0.0 {
            return None;
        }
        for j in i + 1..3 {
            let share = matrix[j][i] / pivot;
            right[j] -= share * right[i];
            let upper = matrix[i];
            for (below, above) in matrix[j].iter_mut().zip(upper) {
                *below -= share * above;
            }
        }
    }
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    Some(right)
}

fn product(left: Numbers, right: Numbers) -> f64 {
    left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
}
