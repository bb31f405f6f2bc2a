//! `chatbench validate`: stub.
use super::args::PlanArgs;
use super::failure::Failure;
use crate::report::ExitKind;
pub(super) fn validate(args: &PlanArgs) -> Result<ExitKind, Failure> { let _ = super::prepare::plan(args)?; Ok(ExitKind::Pass) }
