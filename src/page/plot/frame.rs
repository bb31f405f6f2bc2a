//! Frame: how large a drawing is, and where its axes lie in it.

/// The sizes of a drawing, in units that are about as large as pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) class: &'static str,
    pub(super) width: f64,
    pub(super) height: f64,
    left: f64,
    /// What labels of lines take, beside their ends.
    right: f64,
    top: f64,
    bottom: f64,
    pub(super) x_ticks: usize,
    pub(super) y_ticks: usize,
}

/// On pages of more than 640 pixels it is shown at 456 pixels or more, its letters of 12 at 9.8.
pub(super) const WIDE: Frame = Frame {
    class: "wide",
    width: 560.0,
    height: 310.0,
    left: 58.0,
    right: 104.0,
    top: 30.0,
    bottom: 46.0,
    x_ticks: 6,
    y_ticks: 6,
};

/// On a page of 320 pixels it is shown at 284, its letters of 12 at 9.5.
pub(super) const NARROW: Frame = Frame {
    class: "narrow",
    width: 360.0,
    height: 290.0,
    left: 50.0,
    right: 92.0,
    top: 30.0,
    bottom: 46.0,
    x_ticks: 3,
    y_ticks: 5,
};

impl Frame {
    pub(super) fn left(&self) -> f64 {
        self.left
    }

    pub(super) fn right(&self) -> f64 {
        self.width - self.right
    }

    pub(super) fn top(&self) -> f64 {
        self.top
    }

    pub(super) fn bottom(&self) -> f64 {
        self.height - self.bottom
    }

    /// Where a place on the axis below lies.
    pub(super) fn x(&self, place: f64) -> f64 {
        self.left() + place * (self.right() - self.left())
    }

    /// Where a place on the axis at the left lies.
    pub(super) fn y(&self, place: f64) -> f64 {
        self.bottom() - place * (self.bottom() - self.top())
    }
}
