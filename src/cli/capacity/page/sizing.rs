//! Sizing: what so many users take, as a table, and what each figure of it follows from.

use crate::capacity::Study;
use crate::capacity::sizing::{SizingFigure, SizingRow};
use crate::cli::capacity::sizing::{name, value_of};
use crate::page::{Markup, figure, html, table};
use crate::report::numbers::{bytes, cores, count, share};

pub(super) fn section(study: &Study) -> Markup {
    let Some(sizing) = &study.sizing else { return html! {} };
    let rows: Vec<Vec<Markup>> = sizing.rows.iter().enumerate().map(row).collect();
    html! {
        h2 { "What to buy" }
        @if !rows.is_empty() {
            p {
                "For so many users of this kind, with "
                (figure("sizing.headroom", sizing.headroom, share(sizing.headroom)))
                " of headroom on what is bought: nodes, cores and memory."
            }
            (table(&["users", "deliveries/s", "nodes", "cores", "memory"], &rows))
        }
        @if !sizing.figures.is_empty() {
            h3 { "What that follows from" }
            dl { @for (at, it) in sizing.figures.iter().enumerate() { (followed(at, it)) } }
        }
        @if !sizing.unsaid.is_empty() {
            ul.doubts {
                @for it in &sizing.unsaid {
                    li { span.unsure { "? " } (name(it.column)) ": " (it.why) }
                }
            }
        }
        p.aside { (sizing.caveat) }
    }
}

fn row((at, row): (usize, &SizingRow)) -> Vec<Markup> {
    let path = |field: &str| format!("sizing.rows.{at}.{field}");
    let none = || html! { "–" };
    let whole = |each: f64| count(each.round() as u64);
    let SizingRow { users, deliveries_per_s, nodes, cores: busy, memory_bytes } = *row;
    vec![
        figure(&path("users"), users, count(users)),
        deliveries_per_s.map_or_else(none, |it| figure(&path("deliveries_per_s"), it, whole(it))),
        nodes.map_or_else(none, |it| figure(&path("nodes"), it, count(it))),
        busy.map_or_else(none, |it| figure(&path("cores"), it, cores(it))),
        memory_bytes.map_or_else(none, |it| figure(&path("memory_bytes"), it, bytes(it))),
    ]
}

fn followed(at: usize, it: &SizingFigure) -> Markup {
    html! {
        dt { (figure(&format!("sizing.figures.{at}.value"), it.value, value_of(it))) }
        dd { (it.how) }
    }
}
