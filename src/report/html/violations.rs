//! Violations: broken promises by kind, and the stories that are kept of them.

use super::figures::count;
use crate::oracle::ViolationKind;
use crate::page::{Markup, folded, html};
use crate::report::Report;
use crate::report::model::Story;
use crate::report::numbers;
use crate::report::text::story;

/// Stories of each kind that are open, and those that can be unfolded.
const OPEN_MAX: usize = 3;
const FOLDED_MAX: usize = 50;

pub(super) fn section(report: &Report) -> Markup {
    let violations = &report.violations;
    let broken = ViolationKind::ALL.into_iter().filter(|kind| violations.by_kind.of(*kind) > 0);
    html! {
        @if violations.total > 0 {
            h2 { "Broken promises" }
            @for kind in broken { (of_kind(report, kind)) }
        }
    }
}

fn of_kind(report: &Report, kind: ViolationKind) -> Markup {
    let number = report.violations.by_kind.of(kind);
    let tolerated = report.violations.tolerated.contains(&kind);
    let stories: Vec<&Story> = report.violations.stories(kind).collect();
    let (open, rest) = stories.split_at(stories.len().min(OPEN_MAX));
    let rest = &rest[..rest.len().min(FOLDED_MAX)];
    let untold = number.saturating_sub((open.len() + rest.len()) as u64);
    html! {
        h3 {
            (count(&format!("violations.by_kind.{}", kind.name()), number)) " "
            span class=(if tolerated { "unsure" } else { "bad" }) { (kind.name()) }
            " " span.aside { (meaning(kind)) }
            @if tolerated {
                span.aside { " · a warning only: the scenario says " code { "order: warn" } }
            }
        }
        @for one in open { (told(one)) }
        @if !rest.is_empty() {
            (folded(&html! { (numbers::count(rest.len() as u64)) " more" }, &html! {
                @for one in rest { (told(one)) }
            }))
        }
        @if untold > 0 { p.aside { "… and " (numbers::count(untold)) " more that are not told" } }
    }
}

fn told(one: &Story) -> Markup {
    html! {
        div.story {
            (story::sentence(one))
            @if let Some(course) = story::course(one) { div.way { (course) } }
        }
    }
}

/// What a kind is, for those who do not know its name.
fn meaning(kind: ViolationKind) -> &'static str {
    match kind {
        ViolationKind::Lost => "messages that a member never heard",
        ViolationKind::Duplicated => "messages that a member heard more than once",
        ViolationKind::Echoed => "messages that came back to their sender",
        ViolationKind::Leaked => "messages that somebody outside the room heard",
        ViolationKind::Reordered => "messages heard after a later one of the same sender",
        ViolationKind::Corrupted => "messages that were changed on the way",
        ViolationKind::Unexpected => "things heard that nobody of this run said",
        ViolationKind::JoinUnconfirmed => "joins that had no effect",
        ViolationKind::Late => "messages that came after the delivery timeout",
    }
}
