//! Histogram: a picture of the delivery latency, at most ten bars high.

use std::io;

use super::page::{Page, Tone};
use crate::report::model::{Bucket, Distribution};
use crate::report::numbers::{count, share, time};

const BUCKETS_MAX: usize = 100;
const BARS_MAX: usize = 10;
const BAR_COLUMNS: usize = 40;
/// Eighths of a column, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

pub(super) fn write(of: &Distribution, page: &mut Page<'_>) -> io::Result<()> {
    if of.count == 0 {
        return Ok(());
    }
    let bars = merged(&of.buckets);
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1);
    page.blank()?;
    let head = page.paint(Tone::Label, "delivery_latency up to");
    page.line(&format!("  {head}"))?;
    for bar in bars {
        let picture = format!("{:<BAR_COLUMNS$}", picture(bar.count, most));
        let picture = page.paint(Tone::Good, &picture);
        let part = share(bar.count as f64 / of.count as f64);
        let (to, number) = (time(bar.to_ms), count(bar.count));
        page.line(&format!("  {to:>11}  {picture} {number:>13} {part:>8}"))?;
    }
    Ok(())
}

/// The buckets, the emptiest neighbours put together until there are few enough.
fn merged(buckets: &[Bucket]) -> Vec<Bucket> {
    // Of a run there are some thirty; a file may have any number.
    let mut bars: Vec<Bucket> = buckets.iter().take(BUCKETS_MAX).copied().collect();
    while bars.len() > BARS_MAX {
        let together = |at: &usize| bars[*at].count.saturating_add(bars[at + 1].count);
        let Some(emptiest) = (0..bars.len() - 1).min_by_key(together) else { break };
        let right = bars.remove(emptiest + 1);
        bars[emptiest].to_ms = right.to_ms;
        bars[emptiest].count = bars[emptiest].count.saturating_add(right.count);
    }
    bars
}

/// A bar as long as `count` of `most`; whatever is more than nothing can be seen.
fn picture(count: u64, most: u64) -> String {
    if count == 0 {
        return String::new();
    }
    let columns = count as f64 / most as f64 * BAR_COLUMNS as f64;
    let eighths = ((columns * 8.0).round() as usize).max(1);
    let mut bar = "█".repeat(eighths / 8);
    if let Some(rest) = (eighths % 8).checked_sub(1) {
        bar.push(EIGHTHS[rest]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_rare_times_are_seen() {
        assert_eq!(picture(40, 40).chars().count(), 40);
        assert_eq!(picture(3, 320), "▍");
        assert_eq!(picture(1, 1_000_000), "▏");
        assert_eq!(picture(0, 10), "");
    }

    #[test]
    fn many_buckets_become_ten_bars_and_the_full_ones_stay() {
        let bucket = |at: usize| Bucket {
            above_ms: at as f64,
            to_ms: at as f64 + 1.0,
            count: if (3..8).contains(&at) { 1_000 } else { at as u64 % 2 },
        };
        let buckets: Vec<Bucket> = (0..20).map(bucket).collect();
        let bars = merged(&buckets);
        assert_eq!(bars.len(), 10);
        assert_eq!(bars.iter().filter(|bar| bar.count == 1_000).count(), 5);
        assert!(bars.windows(2).all(|pair| pair[0].to_ms == pair[1].above_ms));
        let all = |bars: &[Bucket]| bars.iter().map(|bar| bar.count).sum::<u64>();
        assert_eq!(all(&bars), all(&buckets));
    }
}
