//! Numbers: what a plot shows, as a table.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{Axis, Plot};
use crate::page::figure::table as table_of;

/// Rows at most; of more, every so many. As many as a plot over time has moments: each peak that is
/// drawn can be read.
const ROWS_MAX: usize = 240;

pub(super) fn table(plot: &Plot) -> Markup {
    let ribbons = plot.ribbons.iter().flat_map(|ribbon| {
        let side = |which: fn(&(f64, f64, f64)) -> f64| {
            ribbon.points.iter().map(|point| (point.0, which(point))).collect::<Vec<_>>()
        };
        let label = &ribbon.label;
        [
            (format!("{label}, lower end"), side(|point| point.1)),
            (format!("{label}, upper end"), side(|point| point.2)),
        ]
    });
    let series = plot.series.iter().map(|it| (it.label.clone(), it.points.clone()));
    let columns: Vec<(String, Vec<(f64, f64)>)> = series.chain(ribbons).collect();
    let mut heads = vec![head(&plot.x.label, &plot.x)];
    heads.extend(columns.iter().map(|(label, _)| head(label, &plot.y)));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    table_of(&heads, &rows(plot, &columns))
}

fn head(label: &str, axis: &Axis) -> String {
    match axis.unit.symbol() {
        "" => label.into(),
        symbol => format!("{label} ({symbol})"),
    }
}

fn rows(plot: &Plot, columns: &[(String, Vec<(f64, f64)>)]) -> Vec<Vec<Markup>> {
    let mut rows: BTreeMap<(u64, usize), Vec<Option<f64>>> = BTreeMap::new();
    for (column, (_, points)) in columns.iter().enumerate() {
        let mut before = (f64::NAN, 0);
        for &(x, y) in points.iter().filter(|(x, _)| x.is_finite() && *x >= 0.0) {
            // Several at one place have a row each.
            before = (x, if before.0 == x { before.1 + 1 } else { 0 });
            // Numbers that are not negative are in the order of their bits.
            let row = rows.entry((x.abs().to_bits(), before.1));
            row.or_insert_with(|| vec![None; columns.len()])[column] = Some(y);
        }
    }
    let every = rows.len().div_ceil(ROWS_MAX).max(1);
    let cell = |y: Option<f64>| y.filter(|y| y.is_finite()).map(|y| plot.y.unit.cell(y));
    let row = |((x, _), ys): ((u64, usize), Vec<Option<f64>>)| {
        let x = plot.x.unit.cell(f64::from_bits(x));
        let first = std::iter::once(html! { (x) });
        let rest = ys.into_iter().map(|y| html! { (cell(y).unwrap_or_else(|| "–".into())) });
        first.chain(rest).collect()
    };
    rows.into_iter().step_by(every).map(row).collect()
}
