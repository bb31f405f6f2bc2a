//! Line: a straight one through points, by least squares.

use super::MemoryPoint;

/// Memory as a line over users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Bytes for each user.
    pub(super) slope: f64,
    /// Bytes without any.
    pub(super) intercept: f64,
}

impl Line {
    /// The one through `points` whose squared distances from them, in bytes, are least; nothing
    /// if all of them are of as many users.
    pub(super) fn through(points: &[MemoryPoint]) -> Option<Line> {
        let count = points.len() as f64;
        let mean = |of: fn(&MemoryPoint) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (users, bytes) = (mean(|it| it.users as f64), mean(|it| it.rss_bytes as f64));
        let (mut both, mut square) = (0.0, 0.0);
        for point in points {
            let apart = point.users as f64 - users;
            both += apart * (point.rss_bytes as f64 - bytes);
            square += apart * apart;
        }
        let slope = (square > 0.0).then(|| both / square)?;
        Some(Line { slope, intercept: bytes - slope * users })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(points: &[(u64, u64)]) -> Option<Line> {
        let point = |&(users, rss_bytes): &(u64, u64)| MemoryPoint { step: 1, users, rss_bytes };
        Line::through(&points.iter().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_goes_through_what_is_on_it() {
        let line = through(&[(0, 100), (10, 300), (40, 900)]).expect("a line");
        assert!((line.slope - 20.0).abs() < 1e-9 && (line.intercept - 100.0).abs() < 1e-9);
        // Anscombe's first (1973, "Graphs in Statistical Analysis"), in hundredths.
        let y = [804, 695, 758, 881, 833, 996, 724, 426, 1084, 482, 568];
        let x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
        let points: Vec<_> = x.into_iter().zip(y).collect();
        let line = through(&points).expect("a line");
        assert!((line.slope - 50.0).abs() < 0.02, "{line:?}");
        assert!((line.intercept - 300.0).abs() < 0.02, "{line:?}");
    }

    #[test]
    fn where_users_do_not_differ_there_is_none() {
        assert_eq!(through(&[]), None);
        assert_eq!(through(&[(5, 1)]), None);
        assert_eq!(through(&[(5, 1), (5, 9)]), None);
    }
}
