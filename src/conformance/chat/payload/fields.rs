//! Fields: what stands beside the text.

use serde_json::{Value, json};

use crate::conformance::chat::member::{Member, assemble, prove};
use crate::conformance::chat::raw::{Raw, with_fields};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::json::same;
use crate::conformance::peer::shortened;
use crate::conformance::trial::Trial;
use crate::scenario::Placeholder;

pub(super) async fn keep_the_author(trial: &Trial) -> Found {
    const AUTHOR: &str = "Ann <a@x> Ωé";
    let dialect = trial.dialect()?;
    let names_author =
        |template: &crate::scenario::Template| template.count_of(Placeholder::Author) > 0;
    if !names_author(&dialect.send) || !names_author(&dialect.receive) {
        return Err(Stop::NotApplicable("messages of this dialect name no author".into()));
    }
    let room = trial.room("author");
    let mut members = Vec::new();
    for author in [AUTHOR, "b"] {
        let mut member = Member::connect(trial, trial.via(), author).await?;
        member.join(&room).await?;
        members.push(member);
    }
    prove(trial, &room, &mut members).await?;
    members[0].say(&room, "hello").await?;
    members[1].hear(&room, AUTHOR, "hello").await?;
    fine()
}

pub(super) async fn keep_unknown_ones(trial: &Trial) -> Found {
    const EXPECTED: &str = "the message comes with `ts` and `extra` as they were sent";
    let added = json!({ "ts": 1_234_567_890_123_u64, "extra": { "k": [1, null, "v"] } });
    let room = trial.room("fields");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let fields = added.to_string();
    let fields = &fields[1..fields.len() - 1];
    members[0].emit(&with_fields(&members[0].message(&room, "with more"), fields)).await?;
    let message = members[1].hear_text("with more", EXPECTED).await?;
    let kept = |key: &str| message.data.get(1).and_then(|it| it.get(key));
    let are_kept =
        ["ts", "extra"].iter().all(|key| kept(key).is_some_and(|kept| same(kept, &added[key])));
    ensure(are_kept, EXPECTED, || format!("`{}`", shortened(&message.data.to_string())))?;
    fine()
}

pub(super) async fn are_counted(trial: &Trial) -> Found {
    let raw = Raw::of(trial)?;
    let room = trial.room("arguments");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    members[0].say(&room, "counted").await?;
    let heard = members[1].peer.wait_for(trial.patience().answer, |it| raw.message(it)).await;
    let heard = heard.map_err(|missing| Stop::unknown(format!("b heard {missing}")))?;
    let wanted = trial.dialect()?.receive.filled(&room, "a", "counted");
    let wanted: Value = serde_json::from_str(&wanted).unwrap_or_default();
    let wanted = wanted.as_array().map_or(0, |wanted| wanted.len().saturating_sub(1));
    let arguments = heard.data.len() - 1;
    let offset = match (arguments == wanted + 1, trial.survey().recovery) {
        (true, true) => ", the last of them an offset for recovery",
        (true, false) => ", one more than the dialect names",
        (false, _) => "",
    };
    let plural = if arguments == 1 { "" } else { "s" };
    Ok(format!("{arguments} argument{plural}{offset}"))
}
