//! Variable: which environment variable a flag's value comes from, for errors that name the flag.

use clap::error::{ContextKind, ContextValue};

/// The environment variable that holds the value which `error` complains of, unless the flag was
/// typed.
pub(super) fn to_blame(error: &clap::Error) -> Option<String> {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = said(ContextKind::InvalidArg)?.split_whitespace().next()?;
    let value = said(ContextKind::InvalidValue)?;
    let is_flag = |typed: &str| typed.split('=').next() == Some(flag);
    if std::env::args_os().any(|typed| is_flag(&typed.to_string_lossy())) {
        return None;
    }
    let variable = of(flag)?;
    std::env::var(&variable).is_ok_and(|held| held.contains(value)).then_some(variable)
}

/// The variable of a flag: `CHATBENCH_SOURCE_IP` of `--source-ip`.
fn of(flag: &str) -> Option<String> {
    let name = flag.strip_prefix("--")?;
    Some(format!("CHATBENCH_{}", name.to_uppercase().replace('-', "_")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Args;

    #[test]
    fn every_flag_has_the_variable_that_its_name_promises() {
        let command = Args::command();
        for subcommand in command.get_subcommands().filter(|it| it.get_name() != "serve") {
            for flag in subcommand.get_arguments() {
                let (Some(long), Some(env)) = (flag.get_long(), flag.get_env()) else { continue };
                assert_eq!(of(&format!("--{long}")).as_deref(), env.to_str());
            }
        }
    }
}
