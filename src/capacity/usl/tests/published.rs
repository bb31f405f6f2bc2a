//! Published fits: data and numbers of the R package `usl`, version 3.0, by Stefan Möding.
//!
//! Since version 2.0.0 the package fits three coefficients by non-linear least squares of the
//! throughput, none of them negative, as is done here; its alpha, beta and gamma are σ, κ and λ.
//! (Up to 1.8.0 it divided by the throughput at a load of one and fitted two: those numbers, such
//! as σ = 0.01705 and κ = 7.892e-5 for `specsdm91`, are of another curve.) The data are in its
//! `data/*.rda`; the numbers in its `README.md`, in `tests/*.Rout.save` and, for all of
//! `raytracer`, in its vignette. See <https://github.com/smoeding/usl> and, for the vignette,
//! <https://cran.r-project.org/package=usl>.

use super::*;

/// Ray tracing on an SGI Origin 2000: processors, and ray-geometry intersections per second.
const RAYTRACER: [(f64, f64); 11] = [
    (1.0, 20.0),
    (4.0, 78.0),
    (8.0, 130.0),
    (12.0, 170.0),
    (16.0, 190.0),
    (20.0, 200.0),
    (24.0, 210.0),
    (28.0, 230.0),
    (32.0, 260.0),
    (48.0, 280.0),
    (64.0, 310.0),
];

/// SPEC SDM91 on a Sun SPARCcenter 2000: simulated users, and scripts per hour.
pub(super) const SPECSDM91: [(f64, f64); 7] = [
    (1.0, 64.9),
    (18.0, 995.9),
    (36.0, 1652.4),
    (72.0, 1853.2),
    (108.0, 1828.9),
    (144.0, 1775.0),
    (216.0, 1702.2),
];

/// The example of `tests/coef.R`.
const EXAMPLE: [(f64, f64); 6] =
    [(1.0, 1.0), (2.0, 1.8868), (4.0, 3.0769), (6.0, 3.5294), (8.0, 3.5398), (10.0, 3.3557)];

/// `value` to so many decimals, as the package prints it.
fn assert_printed(value: f64, wanted: &str) {
    let decimals = wanted.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert_eq!(format!("{value:.decimals$}"), wanted);
}

fn assert_coefficients(fit: &Fit, [one, contention, coherency]: [&str; 3]) {
    assert_printed(fit.coefficients.throughput_of_one, one);
    assert_printed(fit.coefficients.contention, contention);
    assert_printed(fit.coefficients.coherency, coherency);
}

/// The residual standard error: what is left over, for each degree of freedom.
fn standard_error(fit: &Fit) -> f64 {
    let squares: f64 = fit.points.iter().map(|point| point.residual.powi(2)).sum();
    (squares / (fit.points.len() - 3) as f64).sqrt()
}

#[test]
fn specsdm91_is_fitted_as_published() {
    let fit = Fit::new(&points(&SPECSDM91)).expect("a fit");
    // README.md.
    assert_coefficients(&fit, ["89.995", "0.0277285", "0.0001044"]);
    assert!(close(fit.coefficients.throughput_of_one, 89.995_233, 1e-6), "{fit:?}");
    // tests/{sigma,residuals,predict,peak-scalability,summary}.Rout.save.
    assert_printed(standard_error(&fit), "82.85");
    let residuals = ["-25.10", "-81.66", "111.09", "3.05", "-49.99", "-46.60", "56.00"];
    for (point, wanted) in fit.points.iter().zip(residuals) {
        assert!((point.residual - wanted.parse::<f64>().expect("a number")).abs() < 0.006);
    }
    let peak = fit.peak.expect("a peak");
    assert!(close(peak.load, 96.51956, 1e-5), "{peak:?}");
    assert_printed(peak.throughput, "1884");
    let fitted = [90.0, 1078.0, 1541.0, 1850.0, 1879.0, 1822.0, 1646.0];
    for (point, wanted) in fit.points.iter().zip(fitted) {
        assert_eq!((point.throughput - point.residual).round(), wanted);
    }
}

#[test]
fn raytracer_is_fitted_as_published() {
    let fit = Fit::new(&points(&RAYTRACER)).expect("a fit");
    // The vignette: no coherency at all, and so no peak.
    assert_coefficients(&fit, ["21.848843", "0.057771", "0.000000"]);
    assert_eq!((fit.coefficients.coherency, fit.peak), (0.0, None));
    assert_printed(standard_error(&fit), "9.34");
    // tests/confint.R takes the first six only.
    let fit = Fit::new(&points(&RAYTRACER[..6])).expect("a fit");
    assert_coefficients(&fit, ["20.85605", "0.02444", "0.00163"]);
    // tests/warn-accuracy.R takes five.
    let fit = Fit::new(&points(&RAYTRACER[..5])).expect("a fit");
    assert_coefficients(&fit, ["21.059", "0.028", "0.001"]);
}

#[test]
fn the_example_is_fitted_as_published() {
    let fit = Fit::new(&points(&EXAMPLE)).expect("a fit");
    assert_coefficients(&fit, ["1.00", "0.0200", "0.0200"]);
}
