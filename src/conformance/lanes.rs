//! Lanes: the same many times over, several at a time.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::task::Poll;

/// So many are under way at a time.
const LANES: usize = 16;

/// What `one` gives for each number below `count`, in the order in which they were done.
pub(super) async fn side_by_side<T>(count: usize, one: impl AsyncFn(usize) -> T) -> Vec<T> {
    let next = Cell::new(0);
    let done = RefCell::new(Vec::with_capacity(count));
    let one_after_another = async || {
        while next.get() < count {
            let number = next.replace(next.get() + 1);
            let result = one(number).await;
            done.borrow_mut().push(result);
        }
    };
    let mut lanes: Vec<_> = (0..LANES).map(|_| Box::pin(one_after_another())).collect();
    std::future::poll_fn(|cx| {
        lanes.retain_mut(|lane| lane.as_mut().poll(cx).is_pending());
        if lanes.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    drop(lanes);
    done.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_number_has_its_turn_once() {
        let mut done = side_by_side(50, async |number| {
            tokio::task::yield_now().await;
            number
        })
        .await;
        done.sort_unstable();
        assert_eq!(done, (0..50).collect::<Vec<_>>());
    }
}
