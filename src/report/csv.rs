//! Csv: each interval of the run as a line, for spreadsheets and plots of one's own.

use std::io::{self, Write};

use super::Report;
use crate::metrics::Row;

/// A number of a row.
type Number = fn(&Row) -> String;

/// The columns in their order, which only ever becomes longer at its end.
const COLUMNS: [(&str, Number); 16] = [
    ("at_s", |row| row.at_s.to_string()),
    ("connects", |row| row.connects.to_string()),
    ("disconnects", |row| row.disconnects.to_string()),
    ("departures", |row| row.departures.to_string()),
    ("drops", |row| row.drops.to_string()),
    ("joins", |row| row.joins.to_string()),
    ("leaves", |row| row.leaves.to_string()),
    ("connected", |row| row.connected.to_string()),
    ("deaf", |row| row.deaf.to_string()),
    ("sent", |row| row.sent.to_string()),
    ("delivered", |row| row.delivered.to_string()),
    ("violations", |row| row.violations.to_string()),
    ("delivery_p50_ms", |row| row.delivery_p50_ms.to_string()),
    ("delivery_p99_ms", |row| row.delivery_p99_ms.to_string()),
    ("delivery_max_ms", |row| row.delivery_max_ms.to_string()),
    ("send_delay_p99_ms", |row| row.send_delay_p99_ms.to_string()),
];

/// Writes the timeline of `report` as CSV (RFC 4180): a line with the names of the columns, and one
/// for each interval. All are numbers, so nothing has to be quoted.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    write!(out, "{}\r\n", names.join(","))?;
    for row in &report.timeline {
        let numbers: Vec<String> = COLUMNS.iter().map(|(_, number)| number(row)).collect();
        write!(out, "{}\r\n", numbers.join(","))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn there_is_a_column_for_each_field_of_a_row() {
        let report = sample::report(&sample::troubled());
        let mut text = Vec::new();
        write(&report, &mut text).expect("a vector takes everything");
        let text = String::from_utf8(text).expect("UTF-8");
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + report.timeline.len());
        let row = serde_json::to_value(&report.timeline[0]).expect("JSON");
        let row = row.as_object().expect("an object");
        assert_eq!(lines[0], row.keys().cloned().collect::<Vec<_>>().join(","));
        for (number, (name, wanted)) in lines[1].split(',').zip(row) {
            assert_eq!(number.parse().ok(), wanted.as_f64(), "{name}");
        }
    }
}
