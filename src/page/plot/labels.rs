//! Labels: names of lines beside their ends, moved apart where they would cover each other.

/// What a label takes from top to bottom.
const HEIGHT: f64 = 14.0;

/// Where labels stand that are wanted at `wanted`, in any order, between `top` and `bottom`: as
/// near as can be, in the same order, and none over another as long as there is room.
pub(super) fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    let mut at = wanted.to_vec();
    let mut free = top;
    for &label in &order {
        at[label] = at[label].max(free);
        free = at[label] + HEIGHT;
    }
    let mut free = bottom;
    for &label in order.iter().rev() {
        at[label] = at[label].min(free);
        free = at[label] - HEIGHT;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_moved_apart_and_stay_in() {
        assert_eq!(apart(&[10.0, 50.0], 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(apart(&[52.0, 50.0, 51.0], 0.0, 100.0), [78.0, 50.0, 64.0]);
        assert_eq!(apart(&[99.0, 100.0], 0.0, 100.0), [86.0, 100.0]);
        assert_eq!(apart(&[-5.0], 0.0, 100.0), [0.0]);
        assert!(apart(&[], 0.0, 1.0).is_empty());
    }
}
