//! `chatbench schema`: prints a JSON Schema.

use std::io::Write as _;

use super::args::{SchemaArgs, SchemaOf};
use super::failure::Failure;
use super::output::show;
use crate::capacity::Study;
use crate::doctor::Checkup;
use crate::report::ExitKind;

pub(super) fn schema(args: &SchemaArgs) -> Result<ExitKind, Failure> {
    let schema = match args.of {
        SchemaOf::Scenario => crate::scenario::schema(),
        SchemaOf::Report => crate::report::schema::of_run(),
        SchemaOf::Conform => crate::report::schema::of_conform(),
        SchemaOf::Compare => crate::report::schema::of_compare(),
        SchemaOf::Capacity => Study::schema(),
        SchemaOf::Doctor => Checkup::schema(),
    };
    show(|out| writeln!(out, "{schema:#}"))?;
    Ok(ExitKind::Pass)
}
