//! Sizing: what so many users take, as people read it.

use std::io::{self, Write};

use crate::capacity::Study;
use crate::capacity::sizing::{SizingColumn, SizingFigure, SizingInput, SizingRow};
use crate::report::numbers::{bytes, cores, count, share, time};

/// Writes what `study` says of sizes, if it says anything.
///
/// # Errors
/// When `out` takes no more.
pub(super) fn write(study: &Study, out: &mut dyn Write) -> io::Result<()> {
    let Some(sizing) = &study.sizing else { return Ok(()) };
    writeln!(out)?;
    writeln!(out, "  sizing       with {} of headroom on what is bought", share(sizing.headroom))?;
    if !sizing.rows.is_empty() {
        let heads = ["users", "deliveries/s", "nodes", "cores", "memory"].map(str::to_owned);
        writeln!(out, "{}", line(&heads))?;
    }
    for row in &sizing.rows {
        writeln!(out, "{}", line(&cells(row)))?;
    }
    for figure in &sizing.figures {
        writeln!(out, "  from         {}: {}", value_of(figure), figure.how)?;
    }
    for unsaid in &sizing.unsaid {
        writeln!(out, "  unknown      {}: {}", name(unsaid.column), unsaid.why)?;
    }
    writeln!(out, "  beware       {}", sizing.caveat)
}

fn line([users, deliveries, nodes, cores, memory]: &[String; 5]) -> String {
    format!("    {users:>13} {deliveries:>14} {nodes:>9} {cores:>14} {memory:>11}")
}

fn cells(row: &SizingRow) -> [String; 5] {
    [
        Some(count(row.users)),
        row.deliveries_per_s.map(|each| count(each.round() as u64)),
        row.nodes.map(count),
        row.cores.map(cores),
        row.memory_bytes.map(bytes),
    ]
    .map(|cell| cell.unwrap_or("–".into()))
}

/// A figure with its unit.
pub(super) fn value_of(figure: &SizingFigure) -> String {
    let SizingFigure { what, value, .. } = figure;
    match what {
        SizingInput::UsersPerNode => format!("{} users a node", count(value.round() as u64)),
        SizingInput::DeliveriesPerUserS => format!("{value:.2} deliveries/s for each user"),
        SizingInput::CpuPerDeliveryUs => {
            format!("{} of a processor for each delivery", time(value / 1e3))
        }
        SizingInput::BytesPerNode => format!("{} for each node", bytes(value.round() as u64)),
        SizingInput::BytesPerUser => format!("{} for each user", bytes(value.round() as u64)),
    }
}

/// What a column is called.
pub(super) fn name(column: SizingColumn) -> &'static str {
    match column {
        SizingColumn::Nodes => "nodes",
        SizingColumn::Cores => "cores",
        SizingColumn::Memory => "memory",
    }
}
