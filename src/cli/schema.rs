//! `chatbench schema`: prints a JSON Schema.

use std::io::Write as _;

use super::args::{SchemaArgs, SchemaOf};
use super::failure::Failure;
use crate::report::ExitKind;

pub(super) fn schema(args: &SchemaArgs) -> Result<ExitKind, Failure> {
    let schema = match args.of {
        SchemaOf::Scenario => crate::scenario::schema(),
        SchemaOf::Report => crate::report::schema::of_run(),
        SchemaOf::Conform => crate::report::schema::of_conform(),
    };
    // A reader that has seen enough is no failure of ours.
    let _ = writeln!(std::io::stdout(), "{schema:#}");
    Ok(ExitKind::Pass)
}
