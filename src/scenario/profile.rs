//! Profile: how many messages are due by when, over all phases of the load.

use std::time::Duration;

use super::file::PhaseFile;

/// The load over time: rates are messages per second of all users together.
///
/// Within each of its segments the rate is a straight line, so the number of messages due by a
/// time is a parabola at most, and the time by which a number of messages is due has a closed
/// form.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    phases: Box<[Phase]>,
    segments: Box<[Segment]>,
}

/// A phase of the load, as the scenario lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// What it is called, such as `hold 200/s`.
    pub name: Box<str>,
    /// When it begins, counted from the beginning of the load.
    pub start: Duration,
    /// When it ends, counted from the beginning of the load.
    pub end: Duration,
}

/// A stretch in which the rate is a straight line. Times in seconds, rates per second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Segment {
    start: f64,
    length: f64,
    from: f64,
    to: f64,
    /// Messages due before it begins.
    before: f64,
}

impl Segment {
    fn slope(&self) -> f64 {
        (self.to - self.from) / self.length
    }

    /// Messages due in its first `elapsed` seconds.
    fn due(&self, elapsed: f64) -> f64 {
        elapsed * (self.from + 0.5 * self.slope() * elapsed)
    }

    fn due_by_end(&self) -> f64 {
        self.before + 0.5 * (self.from + self.to) * self.length
    }

    /// Seconds into it by which `due` messages are due: the root of a parabola, in the form that
    /// neither divides by a slope of zero nor loses digits to a small one.
    fn elapsed_at(&self, due: f64) -> f64 {
        let discriminant = self.from * self.from + 2.0 * self.slope() * due;
        let divisor = self.from + discriminant.max(0.0).sqrt();
        if divisor > 0.0 { (2.0 * due / divisor).min(self.length) } else { 0.0 }
    }
}

impl Profile {
    /// The load of `phases`, one after another.
    pub(super) fn new(phases: &[PhaseFile]) -> Profile {
        let mut builder = Builder::default();
        for phase in phases {
            builder.add(phase);
        }
        Profile { phases: builder.phases.into(), segments: builder.segments.into() }
    }

    /// How long the load lasts.
    pub fn duration(&self) -> Duration {
        self.phases.last().map_or(Duration::ZERO, |phase| phase.end)
    }

    /// The phases, in order, without gaps.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// The messages that are due in all.
    pub fn total(&self) -> f64 {
        self.segments.last().map_or(0.0, Segment::due_by_end)
    }

    /// The highest rate, in messages per second.
    pub fn peak(&self) -> f64 {
        self.segments.iter().map(|segment| segment.from.max(segment.to)).fold(0.0, f64::max)
    }

    /// The rate at `time` since the load began, in messages per second; 0 once it is over.
    pub fn rate_at(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let after = self.segments.partition_point(|segment| segment.start <= time);
        let Some(segment) = after.checked_sub(1).map(|at| &self.segments[at]) else { return 0.0 };
        let elapsed = time - segment.start;
        if elapsed < segment.length { segment.from + segment.slope() * elapsed } else { 0.0 }
    }

    /// The messages due by `time` since the load began.
    pub fn cumulative(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let after = self.segments.partition_point(|segment| segment.start <= time);
        let Some(segment) = after.checked_sub(1).map(|at| &self.segments[at]) else { return 0.0 };
        segment.before + segment.due((time - segment.start).min(segment.length))
    }

    /// The time since the load began by which `due` messages are due, or `None` when the load
    /// ends before.
    pub fn inverse(&self, due: f64) -> Option<Duration> {
        let at = self.segments.partition_point(|segment| segment.due_by_end() < due);
        let segment = self.segments.get(at)?;
        let elapsed = segment.elapsed_at((due - segment.before).max(0.0));
        Some(Duration::from_secs_f64(segment.start + elapsed))
    }
}

#[derive(Default)]
struct Builder {
    phases: Vec<Phase>,
    segments: Vec<Segment>,
}

impl Builder {
    fn add(&mut self, phase: &PhaseFile) {
        let name = match *phase {
            PhaseFile::Hold(hold) => {
                let rate = hold.rate.per_second();
                self.line(rate, rate, hold.length.duration().as_secs_f64());
                format!("hold {}", hold.rate)
            }
            PhaseFile::Ramp(ramp) => {
                let length = ramp.length.duration().as_secs_f64();
                self.line(ramp.from.per_second(), ramp.to.per_second(), length);
                format!("ramp {} to {}", ramp.from, ramp.to)
            }
            PhaseFile::Step(step) => {
                let (from, to) = (step.from.per_second(), step.to.per_second());
                let length = step.length.duration().as_secs_f64() / f64::from(step.steps);
                let rise = (to - from) / f64::from(step.steps.max(2) - 1);
                for index in 0..step.steps {
                    let rate = from + rise * f64::from(index);
                    self.line(rate, rate, length);
                }
                format!("step {} to {}", step.from, step.to)
            }
            PhaseFile::Spike(spike) => {
                let (base, peak) = (spike.base.per_second(), spike.peak.per_second());
                let (at, lasting) = (spike.at.duration(), spike.lasting.duration());
                let rest = spike.length.duration().saturating_sub(at + lasting);
                self.line(base, base, at.as_secs_f64());
                self.line(peak, peak, lasting.as_secs_f64());
                self.line(base, base, rest.as_secs_f64());
                format!("spike {} to {}", spike.base, spike.peak)
            }
        };
        let start = self.phases.last().map_or(Duration::ZERO, |phase| phase.end);
        let end = start + phase.length().duration();
        self.phases.push(Phase { name: name.into(), start, end });
    }

    fn line(&mut self, from: f64, to: f64, length: f64) {
        if length == 0.0 {
            return;
        }
        let (start, before) = self
            .segments
            .last()
            .map_or((0.0, 0.0), |last| (last.start + last.length, last.due_by_end()));
        self.segments.push(Segment { start, length, from, to, before });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::{Hold, Ramp, Spike, Step};
    use crate::scenario::units::{Period, Rate};
    use proptest::prelude::*;

    fn rate(per_second: f64) -> Rate {
        Rate::of_seconds(per_second)
    }

    fn millis(millis: u64) -> Period {
        Period::new(Duration::from_millis(millis))
    }

    fn phases() -> impl Strategy<Value = Vec<PhaseFile>> {
        let rates = || prop_oneof![Just(0.0), 0.01..5000.0_f64].prop_map(rate);
        let length = || (1..100_000_u64).prop_map(millis);
        let phase = prop_oneof![
            (rates(), length()).prop_map(|(rate, length)| PhaseFile::Hold(Hold { rate, length })),
            (rates(), rates(), length()).prop_map(|(from, to, length)| PhaseFile::Ramp(Ramp {
                from,
                to,
                length
            })),
            (rates(), rates(), 2..50_u32, length()).prop_map(|(from, to, steps, length)| {
                PhaseFile::Step(Step { from, to, steps, length })
            }),
            (rates(), rates(), 0..9000_u64, 0..9000_u64, 0..9000_u64).prop_map(
                |(base, peak, at, lasting, rest)| {
                    let length = millis(at + lasting + rest + 1);
                    let (at, lasting) = (millis(at), millis(lasting));
                    PhaseFile::Spike(Spike { base, peak, length, at, lasting })
                }
            ),
        ];
        prop::collection::vec(phase, 1..6)
    }

    proptest! {
        #[test]
        fn the_inverse_inverts(phases in phases(), part in 0.0..1.0_f64) {
            let profile = Profile::new(&phases);
            let due = part * profile.total();
            let time = profile.inverse(due).expect("within the load");
            prop_assert!(time <= profile.duration() + Duration::from_nanos(10));
            // A nanosecond, to which times are rounded, at the highest rate; and the last digits.
            let rounding = 2e-9 * profile.peak() + 1e-9 * profile.total();
            prop_assert!((profile.cumulative(time) - due).abs() <= rounding, "{time:?}");
        }

        #[test]
        fn what_is_due_is_the_area_under_the_rate(phases in phases(), part in 0.0..1.0_f64) {
            let profile = Profile::new(&phases);
            let end = profile.duration().mul_f64(part);
            const STEPS: u32 = 20_000;
            let step = end / STEPS;
            let rates = (0..STEPS).map(|at| profile.rate_at(step * at + step / 2));
            let area = rates.sum::<f64>() * step.as_secs_f64();
            // Each jump of the rate may be off by half a step.
            let rounding = 300.0 * profile.peak() * step.as_secs_f64() + 1e-6;
            prop_assert!((area - profile.cumulative(end)).abs() <= rounding);
        }

        #[test]
        fn time_does_not_run_backwards(
            phases in phases(), one in 0.0..1.0_f64, other in 0.0..1.0_f64,
        ) {
            let profile = Profile::new(&phases);
            let (less, more) = (one.min(other), one.max(other));
            let time = |part: f64| profile.inverse(part * profile.total());
            prop_assert!(time(less) <= time(more));
        }
    }

    #[test]
    fn nothing_is_due_after_the_end_or_in_a_pause() {
        let hold =
            |count, length| PhaseFile::Hold(Hold { rate: rate(count), length: millis(length) });
        let profile = Profile::new(&[hold(10.0, 1000), hold(0.0, 1000), hold(10.0, 1000)]);
        assert_eq!(profile.total(), 20.0);
        assert_eq!(profile.cumulative(Duration::from_secs(2)), 10.0);
        assert_eq!(profile.cumulative(Duration::from_secs(99)), 20.0);
        assert_eq!(profile.rate_at(Duration::from_millis(1500)), 0.0);
        assert_eq!(profile.rate_at(Duration::from_millis(2500)), 10.0);
        assert_eq!(profile.rate_at(Duration::from_secs(3)), 0.0);
        assert!(profile.inverse(10.001).expect("a time") > Duration::from_secs(2));
        assert_eq!(profile.inverse(20.001), None);
        let names: Vec<_> = profile.phases().iter().map(|phase| &*phase.name).collect();
        assert_eq!(names, ["hold 10/s", "hold 0/s", "hold 10/s"]);
        let starts: Vec<_> = profile.phases().iter().map(|phase| phase.start.as_secs()).collect();
        assert_eq!(starts, [0, 1, 2]);
    }
}
