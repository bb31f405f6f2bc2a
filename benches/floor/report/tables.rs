//! Tables: the report in plain text, every row with its bar, and below it what casts doubt on it.

use std::fmt::Write;

use super::Report;
use crate::machine::Machine;
use crate::measure::{LoadRow, MemoryRun, Rung};
use crate::stats::Spread;

/// The whole report.
pub(super) fn write(report: &Report) -> String {
    let mut text = machine(&report.machine);
    let _ = writeln!(text, "{}", report.command);
    let sections: [fn(&Report) -> String; 4] = [cpu, saturation, memory, connects];
    for section in sections {
        text.push_str(&section(report));
    }
    text
}

fn machine(machine: &Machine) -> String {
    let Machine { cpu, kernel, cores, .. } = machine;
    let pinned = match (machine.generator_core, machine.server_core) {
        (Some(generator), Some(server)) => {
            format!("generator on core {generator}, server on core {server}")
        }
        _ => "nothing pinned: the generator and the server share one core".to_owned(),
    };
    format!("{cpu}, {cores} cores, Linux {kernel}, loopback; {pinned}\n")
}

fn cpu(report: &Report) -> String {
    if report.cpu.is_empty() {
        return String::new();
    }
    let subject = report.subject.as_deref().unwrap_or("-");
    let mut text = format!(
        "\nCPU time of the generator per delivery, in µs: median (least–most); 1,000 clients, \
         rooms of 10, texts of 64 bytes\n{:>14}  {:>22}  {subject:>22}  {:>6}  bar\n",
        "deliveries/s", "floor", "ratio"
    );
    for row in &report.cpu {
        let notes = load_notes(row, subject);
        let doubt = if notes.is_empty() { "" } else { ", doubtful:" };
        let offered = grouped(row.offered_per_s as f64);
        let costs = (row.cost(0), row.cost(1));
        let _ = writeln!(text, "{}{doubt}", cost_line(&offered, costs, report.bars.cpu_ratio_max));
        if let Some(churn) = report.churn {
            let costs = (row.cost(0), row.cost(2));
            let moving = format!("{churn} %/s move");
            let line = cost_line(&moving, costs, report.bars.cpu_ratio_max);
            let _ = writeln!(text, "{line}{doubt}");
        }
        text.push_str(&notes);
    }
    text
}

fn cost_line(label: &str, (floor, other): (Option<Spread>, Option<Spread>), most: f64) -> String {
    let ratio = ratio(other, floor);
    let bar = bar("≤", most, ratio, |ratio, bar| ratio <= bar);
    let (floor, other, ratio) = (costs(floor), costs(other), shown(ratio));
    format!("{label:>14}  {floor:>22}  {other:>22}  {ratio:>6}  {bar}")
}

fn load_notes(row: &LoadRow, subject: &str) -> String {
    let mut text = String::new();
    for (generator, runs) in ["floor", subject, "churning"].iter().zip(&row.runs) {
        for (repetition, run) in (1..).zip(runs) {
            let mut notes = match run {
                Ok(run) => run.window.doubts(row.offered_per_s as f64),
                Err(reason) => vec![reason.clone()],
            };
            let verdict = run.as_ref().map_or("done", |run| &run.verdict);
            if !matches!(verdict, "done" | "pass") {
                notes.push(format!("verdict: {verdict}"));
            }
            if !notes.is_empty() {
                let _ = writeln!(text, "{:14}  {generator} {repetition}: {}", "", notes.join("; "));
            }
        }
    }
    text
}

fn saturation(report: &Report) -> String {
    if report.saturation.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\nDeliveries per second that one core of generator has read (answered pings prove it)\n\
         {:>14}  {:>12}  {:>12}  {:>12}  {:>8}  verdict\n",
        "generator", "offered", "delivered", "CPU µs each", "core"
    );
    report.saturation.iter().for_each(|rung| text.push_str(&rung_lines(rung)));
    let subject = report.subject.as_deref().unwrap_or("floor");
    let runs = report.saturation.iter().filter(|rung| rung.generator == subject);
    let most = runs.flat_map(|rung| &rung.run).map(|run| run.window.confirmed_per_s);
    let most = most.max_by(f64::total_cmp);
    let verdict = bar("≥", report.bars.deliveries_per_s_min, most, |most, bar| most >= bar);
    let _ =
        writeln!(text, "{subject:>14}  at most {}  {verdict}", most.map_or("-".into(), grouped));
    text
}

fn rung_lines(rung: &Rung) -> String {
    let offered = rung.offered_per_s as f64;
    let start = format!("{:>14}  {:>12}", rung.generator, grouped(offered));
    let run = match &rung.run {
        Err(reason) => return format!("{start}  {reason}\n"),
        Ok(run) => run,
    };
    let doubts = run.window.doubts(offered).join("; ");
    let doubts = if doubts.is_empty() { doubts } else { format!("{:14}  {doubts}\n", "") };
    format!(
        "{start}  {:>12}  {:>12.2}  {:>6.0} %  {}\n{doubts}",
        grouped(run.window.confirmed_per_s),
        run.window.cpu_us_per_delivery,
        run.window.generator_busy * 100.0,
        run.verdict,
    )
}

fn memory(report: &Report) -> String {
    let Some(MemoryRun { few_clients, many_clients, .. }) = report.memory.first() else {
        return String::new();
    };
    let between = format!("{few_clients} and {many_clients} clients");
    let mut text = format!("\nResident bytes per idle client: the difference between {between}\n");
    for (at, run) in report.memory.iter().enumerate() {
        let figure = match &run.bytes {
            Ok(bytes) => grouped(bytes.per_client),
            Err(reason) => reason.clone(),
        };
        let _ = write!(text, "{:>14}  {figure:>12}", run.generator);
        if at > 0 {
            let bytes = run.bytes.as_ref().ok().map(|bytes| bytes.per_client);
            let bar =
                bar("≤", report.bars.bytes_per_client_max, bytes, |bytes, bar| bytes <= bar);
            let _ = write!(text, "  {bar}");
        }
        text.push('\n');
    }
    text
}

fn connects(report: &Report) -> String {
    let Some(first) = report.connects.first() else { return String::new() };
    let clients = grouped(first.clients as f64);
    let mut text = format!("\nConnects per second, until {clients} clients have joined\n");
    for (at, run) in report.connects.iter().enumerate() {
        let spread = run.spread();
        let figure = spread.map_or("-".to_owned(), |Spread { median, min, max }| {
            format!("{} ({}–{})", grouped(median), grouped(min), grouped(max))
        });
        let _ = write!(text, "{:>14}  {figure:>24}", run.generator);
        if at > 0 {
            let ratio = ratio(spread, first.spread());
            let bar = bar("≥", report.bars.connects_ratio_min, ratio, |ratio, bar| ratio >= bar);
            let _ = write!(text, "  ratio {}  {bar}", shown(ratio));
        }
        text.push('\n');
        for reason in run.per_s.iter().filter_map(|rate| rate.as_ref().err()) {
            let _ = writeln!(text, "{:14}  {reason}", "");
        }
    }
    text
}

fn ratio(other: Option<Spread>, floor: Option<Spread>) -> Option<f64> {
    Some(other?.median / floor?.median)
}

fn bar(sign: &str, bar: f64, figure: Option<f64>, met: fn(f64, f64) -> bool) -> String {
    let verdict = match figure {
        Some(figure) if met(figure, bar) => "met",
        Some(_) => "MISSED",
        None => "not measured",
    };
    let bar = if bar < 10.0 { format!("{bar:.2}") } else { grouped(bar) };
    format!("{sign} {bar} {verdict}")
}

fn costs(spread: Option<Spread>) -> String {
    spread.map_or("-".to_owned(), |Spread { median, min, max }| {
        format!("{median:.2} ({min:.2}–{max:.2})")
    })
}

fn shown(ratio: Option<f64>) -> String {
    ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
}

/// A whole number with its thousands set apart.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = if number <= -0.5 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
