//! Figure: a number on a page that says which number of which file it is; and what holds them.

use std::fmt::Display;

use maud::{Markup, html};

/// `shown`, which is the number at `path` of the page's data: names and positions with dots
/// between them, such as `thresholds.0.observed`. `exact` is the number without rounding or unit.
pub fn figure(path: &str, exact: impl Display, shown: impl Display) -> Markup {
    html! { span.figure data-figure=(path) data-value=(exact) { (shown) } }
}

/// What is there for whoever wants to know more: closed, but on paper.
pub fn folded(summary: &Markup, body: &Markup) -> Markup {
    html! {
        details {
            summary { (summary) }
            div.folded { (body) }
        }
    }
}

/// A table with these heads and rows; it can be scrolled where it is wider than the page. Columns
/// past the first have numbers.
pub fn table(heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_names_what_it_is() {
        assert_eq!(
            figure("a.0.b_ms", 1.25, "1.25 ms").into_string(),
            r#"<span class="figure" data-figure="a.0.b_ms" data-value="1.25">1.25 ms</span>"#
        );
    }
}
