//! Unit: what the numbers of an axis are of, and how they are written there and in a table.

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time, in milliseconds.
    Milliseconds,
    /// A moment, in seconds since the beginning.
    Seconds,
    /// How many, or how many a second: what the axis says.
    Count,
    /// A share from 0 to 1, as a percentile.
    Percentile,
}

impl Unit {
    /// `number` as it stands at a tick: with few digits, and its unit where that changes.
    pub fn tick(self, number: f64) -> String {
        match self {
            Unit::Milliseconds if number == 0.0 => "0".into(),
            Unit::Milliseconds if number < 0.9995 => format!("{} µs", plain(number * 1e3, 3)),
            Unit::Milliseconds if number < 999.5 => format!("{} ms", plain(number, 3)),
            Unit::Milliseconds => format!("{} s", plain(number / 1e3, 3)),
            Unit::Seconds => moment(number),
            Unit::Count if number >= 1e6 => format!("{}M", plain(number / 1e6, 3)),
            Unit::Count if number >= 1e4 => format!("{}k", plain(number / 1e3, 3)),
            Unit::Count => plain(number, 3),
            Unit::Percentile => format!("{} %", plain(number * 100.0, 8)),
        }
    }

    /// `number` as it stands in a table: with its digits, and no unit.
    pub fn cell(self, number: f64) -> String {
        match self {
            Unit::Percentile => plain(number * 100.0, 8),
            Unit::Milliseconds | Unit::Seconds | Unit::Count => plain(number, 3),
        }
    }

    /// What stands above such numbers.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Count => "",
            Unit::Percentile => "%",
        }
    }
}

/// `number` with so many digits after the point at most, and none that say nothing.
fn plain(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

fn moment(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{} s", plain(seconds, 3)),
        _ if seconds < 7_200.0 => format!("{} min", plain(seconds / 60.0, 2)),
        _ => format!("{} h", plain(seconds / 3_600.0, 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_unit_that_suits_them() {
        for (unit, number, wanted) in [
            (Unit::Milliseconds, 0.0, "0"),
            (Unit::Milliseconds, 0.05, "50 µs"),
            (Unit::Milliseconds, 2.0, "2 ms"),
            (Unit::Milliseconds, 0.9999, "1 ms"),
            (Unit::Milliseconds, 2_500.0, "2.5 s"),
            (Unit::Seconds, 90.0, "90 s"),
            (Unit::Seconds, 600.0, "10 min"),
            (Unit::Seconds, 7_200.0, "2 h"),
            (Unit::Count, 2_500.0, "2500"),
            (Unit::Count, 25_000.0, "25k"),
            (Unit::Count, 1_500_000.0, "1.5M"),
            (Unit::Percentile, 0.999, "99.9 %"),
            (Unit::Percentile, 0.0, "0 %"),
        ] {
            assert_eq!(unit.tick(number), wanted);
        }
        assert_eq!(Unit::Milliseconds.cell(1.234_567), "1.235");
        assert_eq!(Unit::Percentile.cell(0.999_99), "99.999");
    }
}
