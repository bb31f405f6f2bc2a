//! Windows: the rows of the timeline, put together where they are too many or too short to draw.

use crate::metrics::Row;

/// As many as can be told apart in a drawing.
pub(in crate::report::html) const WINDOWS_MAX: usize = 240;
/// What is shorter, in seconds, belongs to what was before it: a few messages would look like many.
const SHORT_S: f64 = 0.5;

/// One or several rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    from_s: f64,
    pub(super) to_s: f64,
    /// How many rows of at least half a second.
    pub(super) rows: usize,
    pub(super) sent: u64,
    pub(super) delivered: u64,
    pub(super) connects: u64,
    pub(super) violations: u64,
    /// At its end.
    pub(super) connected: u64,
    /// The most in it.
    pub(super) deaf: u64,
    /// The longest of its rows; so are those below.
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

impl Window {
    /// `number` of the whole window, as so many a second.
    pub(super) fn each_second(&self, number: u64) -> f64 {
        let length = self.to_s - self.from_s;
        if length > 0.0 { number as f64 / length } else { f64::NAN }
    }

    fn add(&mut self, row: &Row, is_short: bool) {
        self.to_s = row.at_s;
        self.rows += usize::from(!is_short);
        // A file may say anything.
        self.sent = self.sent.saturating_add(row.sent);
        self.delivered = self.delivered.saturating_add(row.delivered);
        self.connects = self.connects.saturating_add(row.connects);
        self.violations = self.violations.saturating_add(row.violations);
        self.connected = row.connected;
        self.deaf = self.deaf.max(row.deaf);
        self.p50_ms = self.p50_ms.max(row.delivery_p50_ms);
        self.p99_ms = self.p99_ms.max(row.delivery_p99_ms);
        self.max_ms = self.max_ms.max(row.delivery_max_ms);
    }
}

pub(super) fn of(rows: &[Row]) -> Vec<Window> {
    let every = rows.len().div_ceil(WINDOWS_MAX).max(1);
    let mut windows: Vec<Window> = Vec::new();
    let mut began = 0.0;
    for row in rows {
        let is_short = row.at_s - began < SHORT_S;
        match windows.last_mut() {
            Some(last) if is_short || last.rows < every => last.add(row, is_short),
            _ => {
                let mut window = Window { from_s: began, ..Window::default() };
                window.add(row, is_short);
                windows.push(window);
            }
        }
        began = row.at_s;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn rows(ends: impl Iterator<Item = f64>) -> Vec<Row> {
        let row = sample::report(&sample::passed()).timeline.remove(0);
        ends.map(|at_s| Row { at_s, delivered: 10, delivery_max_ms: at_s, ..row.clone() }).collect()
    }

    #[test]
    fn nothing_is_lost_and_short_ends_are_no_peaks() {
        let windows = of(&rows([1.0, 2.0, 2.1].into_iter()));
        assert_eq!(windows.len(), 2);
        assert!((windows[1].each_second(windows[1].delivered) - 20.0 / 1.1).abs() < 1e-9);
        let many = of(&rows((1..=1_000).map(f64::from)));
        assert_eq!(many.len(), 200);
        assert_eq!(many.iter().map(|window| window.delivered).sum::<u64>(), 10_000);
        assert_eq!(many[0].max_ms, 5.0);
        assert!(of(&[]).is_empty());
    }
}
