//! Sets of slots as bits of 64-bit words.

/// Words that a set of `slots` slots needs.
pub(super) fn words(slots: usize) -> usize {
    slots.div_ceil(64)
}

pub(super) fn has(set: &[u64], slot: usize) -> bool {
    set[slot / 64] >> (slot % 64) & 1 == 1
}

pub(super) fn put(set: &mut [u64], slot: usize) {
    set[slot / 64] |= 1 << (slot % 64);
}

/// Takes `slot` out; whether it was in.
pub(super) fn take(set: &mut [u64], slot: usize) -> bool {
    let had = has(set, slot);
    set[slot / 64] &= !(1 << (slot % 64));
    had
}

/// Empties one set into another.
pub(super) fn pour(from: &mut [u64], into: &mut [u64]) {
    for (from, into) in from.iter_mut().zip(into) {
        *into |= std::mem::take(from);
    }
}

pub(super) fn count(set: &[u64]) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

/// The slots in a set, lowest first.
pub(super) fn slots(set: &[u64]) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(at, &word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(at * 64 + bit)
        })
    })
}
