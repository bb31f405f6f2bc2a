//! Tests: what follows from samples, and what does not.

use super::*;

/// Two cores busy from 3 s to 8 s, half a one before and after; 200 users since 3 s.
fn sample(second: u32) -> Sample {
    let at = f64::from(second);
    let busy = (at.min(8.0) - 3.0).max(0.0);
    let had_users = second >= 3;
    Sample {
        life: 0,
        cpu_s: Some(0.5 * at + 1.5 * busy),
        rss_bytes: Some(if had_users { 30_000_000 + u64::from(second) } else { 10_000_000 }),
        sockets: Some(if had_users { 205 } else { 5 }),
        open_fds: Some(300),
        threads: Some(4),
        ..Sample::default()
    }
}

/// Samples of one node at each second from 0 to 10.
fn samples() -> Vec<Moment> {
    let moment = |second| Moment { at_s: f64::from(second), nodes: vec![Some(sample(second))] };
    (0..=10).map(moment).collect()
}

/// A thousand deliveries a second.
const DELIVERIES: [(f64, u64); 10] = {
    let mut intervals = [(0.0, 1_000); 10];
    let mut at = 0;
    while at < 10 {
        intervals[at].0 = (at + 1) as f64;
        at += 1;
    }
    intervals
};

const LOAD: Load<'static> =
    Load { span_s: Some((3.05, 7.95)), users: 200, deliveries: &DELIVERIES, served_before: false };

fn unsaid(notices: &[Notice]) -> Vec<Figure> {
    let figure = |notice: &Notice| match notice {
        Notice::Unsaid(unsaid) => Some(unsaid.figure),
        _ => None,
    };
    notices.iter().filter_map(figure).collect()
}

#[test]
fn a_load_is_summed_up() {
    let (summary, notices) = Summary::new(&samples(), &LOAD);
    assert_eq!(notices, []);
    let wanted = Summary {
        users: 200,
        cpu_s: Some(10.0),
        cpu_mean_cores: Some(2.0),
        cpu_max_cores: Some(2.0),
        deliveries: Some(5_000.0),
        cpu_per_delivery_us: Some(2_000.0),
        rss_before_bytes: Some(10_000_000),
        rss_at_load_bytes: Some(30_000_003),
        rss_max_bytes: Some(30_000_008),
        bytes_per_user: Some(100_000.0),
        sockets_before: Some(5),
        sockets_max: Some(205),
        open_fds_max: Some(300),
        threads_max: Some(4),
    };
    assert_eq!(summary, wanted);
}

#[test]
fn nodes_are_added_and_the_busiest_second_is_one_of_all() {
    let mut both = samples();
    for moment in &mut both {
        let mut other = moment.nodes[0].expect("it is there");
        // All that the second does, it does in one second.
        other.cpu_s = Some(if moment.at_s < 6.0 { 0.0 } else { 3.0 });
        moment.nodes.push(Some(other));
    }
    let (summary, _) = Summary::new(&both, &LOAD);
    assert_eq!((summary.cpu_s, summary.cpu_max_cores), (Some(13.0), Some(5.0)));
    assert_eq!(summary.rss_before_bytes, Some(20_000_000));
    assert_eq!(summary.sockets_max, Some(410));
}

#[test]
fn a_node_that_answers_late_is_in_no_second_and_spoils_none() {
    let mut both = samples();
    for (at, moment) in both.iter_mut().enumerate() {
        // One core, all the time; and once it answers nearly a second late.
        let late_s = if at == 5 { 0.9 } else { 0.0 };
        let seen_s = moment.at_s + late_s;
        let other = Sample { cpu_s: Some(seen_s), took_s: Some(late_s), ..sample(0) };
        let at_s = (late_s > 0.0).then_some(moment.at_s + late_s / 2.0);
        moment.nodes.push(Some(Sample { at_s, ..other }));
    }
    let (summary, notices) = Summary::new(&both, &LOAD);
    assert_eq!(notices, []);
    assert_eq!((summary.cpu_mean_cores, summary.cpu_max_cores), (Some(3.0), Some(3.0)));
    assert_eq!(summary.cpu_s, Some(15.0));
    // Each by its own time: what is late by the same every time is as busy as it is.
    for moment in &mut both {
        let node = moment.nodes[1].as_mut().expect("it is there");
        let at_s = moment.at_s + if moment.at_s < 6.0 { 0.0 } else { 0.25 };
        *node = Sample { at_s: Some(at_s), cpu_s: Some(at_s), took_s: Some(0.05), ..*node };
    }
    assert_eq!(Summary::new(&both, &LOAD).0.cpu_max_cores, Some(3.0));
}

#[test]
fn a_counter_that_begins_anew_is_no_negative_time() {
    let mut reset = samples();
    for (at, moment) in reset.iter_mut().enumerate() {
        let sample = moment.nodes[0].as_mut().expect("it is there");
        sample.life = u32::from(at > 5);
        if at > 5 {
            sample.cpu_s = Some(2.0 * (at as f64 - 5.5));
        }
    }
    let (summary, notices) = Summary::new(&reset, &LOAD);
    assert_eq!((summary.cpu_mean_cores, summary.cpu_max_cores), (Some(2.0), Some(2.0)));
    assert_eq!((summary.cpu_s, summary.cpu_per_delivery_us), (None, None));
    assert_eq!(unsaid(&notices), [Figure::CpuPerDelivery]);
    // Whoever does not tell that it is another is seen by its counter.
    reset.iter_mut().flat_map(|it| it.nodes.iter_mut().flatten()).for_each(|it| it.life = 0);
    let (unmarked, notices) = Summary::new(&reset, &LOAD);
    assert_eq!((unmarked.cpu_s, unmarked.cpu_max_cores), (None, Some(2.0)));
    assert_eq!(unsaid(&notices), [Figure::CpuPerDelivery]);
    // While the users came, it is another matter.
    for (at, moment) in reset.iter_mut().enumerate() {
        moment.nodes[0].as_mut().expect("it is there").life = u32::from(at > 1);
    }
    assert!(unsaid(&Summary::new(&reset, &LOAD).1).contains(&Figure::BytesPerUser));
}

#[test]
fn what_was_not_seen_is_not_made_up() {
    let mut holes = samples();
    holes[5].nodes[0] = None;
    let (summary, notices) = Summary::new(&holes, &LOAD);
    // Counters go on meanwhile, seconds do not.
    assert_eq!((summary.cpu_s, summary.cpu_max_cores), (Some(10.0), Some(2.0)));
    assert_eq!(notices, []);
    (4..=8).for_each(|at| holes[at].nodes[0] = None);
    let (summary, notices) = Summary::new(&holes, &LOAD);
    assert_eq!((summary.cpu_mean_cores, summary.cpu_s), (None, None));
    assert_eq!(unsaid(&notices), [Figure::Cpu]);
    let (summary, notices) = Summary::new(&holes[..2], &LOAD);
    assert_eq!((summary.rss_before_bytes, summary.rss_max_bytes), (Some(10_000_000), None));
    assert_eq!(unsaid(&notices), [Figure::Cpu, Figure::Memory]);
    let never = Load { span_s: None, ..LOAD };
    assert_eq!(unsaid(&Summary::new(&samples(), &never).1), [Figure::Cpu, Figure::Memory]);
    assert_eq!(unsaid(&Summary::new(&[], &LOAD).1), [Figure::Cpu, Figure::Memory]);
    // A node that ended before the load did.
    let mut ended = samples();
    ended[7].nodes[0] = None;
    ended[8].nodes[0] = None;
    let (summary, notices) = Summary::new(&ended, &LOAD);
    assert_eq!((summary.cpu_mean_cores, summary.cpu_s), (Some(2.0), None));
    assert_eq!(unsaid(&notices), [Figure::CpuPerDelivery]);
}

#[test]
fn figures_that_would_mislead_are_not_said() {
    let said = |load: &Load<'_>, change: fn(&mut Sample)| {
        let mut samples = samples();
        samples.iter_mut().flat_map(|it| it.nodes.iter_mut().flatten()).for_each(change);
        let (_, notices) = Summary::new(&samples, load);
        let fresh = !notices.iter().any(|it| matches!(it, Notice::NotFresh { .. }));
        (unsaid(&notices), fresh)
    };
    let nothing = |_: &mut Sample| ();
    assert_eq!(said(&Load { users: 99, ..LOAD }, nothing), (vec![Figure::BytesPerUser], true));
    let silent = Load { deliveries: &[(10.0, 0)], ..LOAD };
    assert_eq!(said(&silent, nothing), (vec![Figure::CpuPerDelivery], true));
    let idle = |it: &mut Sample| it.cpu_s = it.cpu_s.map(|cpu_s| cpu_s / 1_000.0);
    assert_eq!(said(&LOAD, idle), (vec![Figure::CpuPerDelivery], true));
    let even = |it: &mut Sample| it.rss_bytes = Some(5);
    assert_eq!(said(&LOAD, even), (vec![Figure::BytesPerUser], true));
    assert_eq!(said(&Load { served_before: true, ..LOAD }, nothing), (vec![], false));
    let used = |it: &mut Sample| it.cpu_s = it.cpu_s.map(|cpu_s| cpu_s + 100.0);
    assert_eq!(said(&LOAD, used), (vec![], false));
    let others = |it: &mut Sample| it.sockets = it.sockets.map(|sockets| sockets + 100);
    assert_eq!(said(&LOAD, others), (vec![], false));
}

#[test]
fn deliveries_of_a_part_of_an_interval_are_that_part() {
    let intervals = [(1.0, 100), (3.0, 400)];
    let of_all = |from, to| deliveries_between(&intervals, (0.0, 9.0), (from, to));
    assert_eq!(of_all(0.0, 3.0), 500.0);
    assert_eq!(of_all(0.5, 2.0), 50.0 + 200.0);
    assert_eq!(of_all(2.5, 9.0), 100.0);
    assert_eq!(deliveries_between(&[], (0.0, 9.0), (0.0, 9.0)), 0.0);
    // A load that begins and ends within an interval has all that is in it.
    assert_eq!(deliveries_between(&intervals, (0.5, 2.0), (0.45, 2.05)), 500.0);
    assert_eq!(deliveries_between(&intervals, (0.5, 2.0), (0.75, 1.5)), 50.0 + 200.0);
    assert_eq!(deliveries_between(&intervals, (3.5, 9.0), (3.5, 9.0)), 0.0);
}
