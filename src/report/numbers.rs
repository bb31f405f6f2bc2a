//! Numbers: how they are written for people: few digits, a unit, and never `100 %` of less.

/// Decimals of a time in milliseconds, which is measured in nanoseconds.
const DECIMALS_MAX: usize = 6;

/// A count, its thousands apart: `27,108`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what it counts: `1 message`, `2 messages`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A length of time given in milliseconds, to three digits: `812 µs`, `1.24 ms`, `3.22 s`.
pub fn time(ms: f64) -> String {
    if ms < 0.9995 {
        format!("{:.0} µs", ms * 1e3)
    } else if ms < 999.5 {
        format!("{} ms", three_digits(ms))
    } else if ms < 99_950.0 {
        format!("{} s", three_digits(ms / 1e3))
    } else {
        long_time((ms / 1e3).round() as u64)
    }
}

fn long_time(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Two times in milliseconds, with as many digits as tell them apart, if they differ at all.
pub fn times_apart(one: f64, other: f64) -> [String; 2] {
    let short = [one, other].map(time);
    if short[0] != short[1] || one == other {
        return short;
    }
    // Of what differs, the first digit to do so comes at last.
    let exact = (1..=DECIMALS_MAX).map(|digits| [one, other].map(|ms| format!("{ms:.digits$} ms")));
    exact.into_iter().find(|[one, other]| one != other).unwrap_or(short)
}

/// How often a second, to three digits: `1,807/s`, `12.5/s`, `0.50/s`.
pub fn rate(count: u64, seconds: f64) -> String {
    let each = if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
    format!("{}/s", three_digits(each))
}

/// A share from 0 to 1: `98 %`, `0.04 %`. Only all is `100 %`, and only nothing is `0 %`.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent <= 0.0 => "0 %".into(),
        _ if percent < 0.01 => "<0.01 %".into(),
        _ if percent < 0.995 => format!("{percent:.2} %"),
        _ if percent < 9.95 => format!("{percent:.1} %"),
        _ if percent < 99.0 => format!("{percent:.0} %"),
        _ if percent < 100.0 => format!("{:.2} %", (percent * 100.0).floor() / 100.0),
        _ => format!("{percent:.0} %"),
    }
}

/// A number of bytes, in powers of a thousand: `80 B`, `241 kB`.
pub fn bytes(bytes: u64) -> String {
    let mut rest = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if rest < 999.5 {
            let number = if unit == "B" { count(bytes) } else { three_digits(rest) };
            return format!("{number} {unit}");
        }
        rest /= 1e3;
    }
    format!("{} TB", three_digits(rest))
}

/// How much of the machine's processors: `0.84 cores`, `12.5 cores`.
pub fn cores(cores: f64) -> String {
    format!("{} cores", three_digits(cores))
}

/// A moment given in seconds since the run began, to the millisecond: `3.217 s`.
pub fn moment(seconds: f64) -> String {
    format!("{seconds:.3} s")
}

fn three_digits(number: f64) -> String {
    if number < 9.995 {
        format!("{number:.2}")
    } else if number < 99.95 {
        format!("{number:.1}")
    } else {
        count(number.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_times_look_different_if_they_are() {
        for (one, other, wanted) in [
            (250.0, 100.0, ["250 ms", "100 ms"]),
            (100.3, 100.0, ["100.3 ms", "100.0 ms"]),
            (100.004, 100.0, ["100.004 ms", "100.000 ms"]),
            (1_001.0, 1_000.0, ["1001.0 ms", "1000.0 ms"]),
            (0.000_4, 0.000_3, ["0.0004 ms", "0.0003 ms"]),
            (7.0, 7.0, ["7.00 ms", "7.00 ms"]),
        ] {
            assert_eq!(times_apart(one, other), wanted, "{one}, {other}");
        }
    }

    #[test]
    fn times_have_three_digits_and_the_unit_that_suits_them() {
        for (ms, wanted) in [
            (0.0, "0 µs"),
            (0.0012, "1 µs"),
            (0.812, "812 µs"),
            (0.9996, "1.00 ms"),
            (1.236, "1.24 ms"),
            (9.996, "10.0 ms"),
            (99.96, "100 ms"),
            (999.6, "1.00 s"),
            (3_217.0, "3.22 s"),
            (99_960.0, "1 min 40 s"),
            (3_600_000.0, "1 h 0 min"),
        ] {
            assert_eq!(time(ms), wanted, "{ms}");
        }
    }

    #[test]
    fn counts_rates_and_bytes() {
        assert_eq!(
            [0, 999, 1_000, 27_108, 1_234_567].map(count).join(" "),
            "0 999 1,000 27,108 1,234,567"
        );
        assert_eq!(counted(1, "message", "messages"), "1 message");
        assert_eq!(rate(27_108, 15.0), "1,807/s");
        assert_eq!(rate(5, 10.0), "0.50/s");
        assert_eq!(rate(5, 0.0), "0.00/s");
        assert_eq!([80, 241_000, 1_500_000].map(bytes).join(" "), "80 B 241 kB 1.50 MB");
    }

    #[test]
    fn only_all_is_all() {
        let shares = [0.0, 0.000_01, 0.0004, 0.05, 0.98, 0.999_999, 1.0, 1.2];
        let wanted = "0 %|<0.01 %|0.04 %|5.0 %|98 %|99.99 %|100 %|120 %";
        assert_eq!(shares.map(share).join("|"), wanted);
    }
}
