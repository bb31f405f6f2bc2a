//! Student: how far a number may lie from its mean by chance, where its spread is only estimated.

use std::f64::consts::FRAC_2_PI;

/// More degrees of freedom than this make no difference that is seen.
const FREEDOM_MAX: usize = 2_000;
/// Halvings of the interval that the deviation is looked for in.
const HALVINGS: u32 = 80;
/// No deviation that anybody asks for is larger.
const DEVIATION_MAX: f64 = 1e5;

/// How likely a number lies `deviations` of its estimated standard deviations or more from its
/// mean, on either side, with so many degrees of `freedom`: the finite series of Abramowitz and
/// Stegun, *Handbook of Mathematical Functions*, 26.7.3 and 26.7.4.
pub(super) fn beyond(deviations: f64, freedom: usize) -> f64 {
    let freedom = freedom.clamp(1, FREEDOM_MAX);
    let (sine, cosine) = (deviations / (freedom as f64).sqrt()).atan().sin_cos();
    let is_odd = freedom % 2 == 1;
    // The term of the least power of the cosine, and of all others up to the greatest.
    let (first, mut divisor) = if is_odd { (cosine, 3) } else { (1.0, 2) };
    let (mut term, mut sum) = (first, if freedom == 1 { 0.0 } else { first });
    while divisor + 2 <= freedom {
        term *= cosine * cosine * (divisor - 1) as f64 / divisor as f64;
        sum += term;
        divisor += 2;
    }
    let within = match is_odd {
        true => FRAC_2_PI * (sine.atan2(cosine) + sine * sum),
        false => sine * sum,
    };
    (1.0 - within).max(0.0)
}

/// The deviations that a number passes only with this `chance`, on either side.
pub(super) fn deviations(chance: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, DEVIATION_MAX);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if beyond(middle, freedom) > chance { low = middle } else { high = middle }
    }
    high
}

/// The chance with which a number of a normal distribution lies so many `deviations` or more from
/// its mean, on either side.
pub(super) fn beyond_normal(deviations: f64) -> f64 {
    beyond(deviations, FREEDOM_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_the_tables() {
        for (chance, freedom, wanted) in [
            (0.05, 1, 12.706),
            (0.05, 2, 4.303),
            (0.05, 3, 3.182),
            (0.05, 4, 2.776),
            (0.01, 5, 4.032),
            (0.001, 8, 5.041),
            (0.05, 10, 2.228),
            (0.02, 15, 2.602),
            (0.05, 120, 1.980),
        ] {
            let got = deviations(chance, freedom);
            assert!((got - wanted).abs() < 1e-3, "{chance}, {freedom}: {got} for {wanted}");
            assert!((beyond(wanted, freedom) - chance).abs() < 1e-4, "{chance}, {freedom}");
        }
        assert!((beyond_normal(1.96) - 0.05).abs() < 2e-4, "{}", beyond_normal(1.96));
        assert_eq!(beyond(0.0, 7), 1.0);
    }
}
