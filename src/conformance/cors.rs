//! CORS: whether pages of another origin may connect (the Fetch standard, *CORS protocol*).

use super::check::{Check, Level, Need, Pace, Section};
use super::finding::{Found, Stop, ensure, fine};
use super::peer::Response;
use super::trial::Trial;

const CONFIGURED: &str = "The official server sends no CORS headers unless `cors` is configured.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "CORS-01",
        title: "a page of the expected origin may read what a poll gets",
        requirement: "`Access-Control-Allow-Origin` is `*` or the origin of the request",
        section: Section::Docs("Handling CORS"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with Origin → Access-Control-Allow-Origin",
        why: "Without it browsers keep the answer from the page, and it never connects by polling.",
        differs: CONFIGURED,
        run: |trial| Box::pin(lets_origin_read(trial)),
    },
    Check {
        id: "CORS-02",
        title: "a page of the expected origin may send what is not simple",
        requirement: "`Access-Control-Allow-Origin`, `-Methods` and `-Headers` allow what the \
                      preflight asks for",
        section: Section::Docs("Handling CORS"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "OPTIONS with Origin, Access-Control-Request-Method and -Headers → 2xx that allows \
               them",
        why: "Pages that send headers of their own, such as a token, ask beforehand.",
        differs: "netty-socketio says no methods. The official server sends no CORS headers unless \
                  `cors` is configured.",
        run: |trial| Box::pin(allows_in_preflight(trial)),
    },
];

async fn lets_origin_read(trial: &Trial) -> Found {
    let origin = &trial.target().origin;
    let expected = format!("Access-Control-Allow-Origin of * or {origin}");
    let request = trial.get(&trial.query("polling")).with_header("Origin", origin);
    let response = trial.answer(&request, &expected).await?;
    ensure(response.status == 200, &expected, || response.brief())?;
    wants_origin(&response, origin, &expected)?;
    fine()
}

async fn allows_in_preflight(trial: &Trial) -> Found {
    let origin = &trial.target().origin;
    let expected =
        format!("HTTP 2xx that allows {origin} the method POST and the header Content-Type");
    let request = trial
        .request("OPTIONS", &trial.query("polling"))
        .with_header("Origin", origin)
        .with_header("Access-Control-Request-Method", "POST")
        .with_header("Access-Control-Request-Headers", "content-type");
    let response = trial.answer(&request, &expected).await?;
    let is_success = (200..300).contains(&response.status);
    ensure(is_success, &expected, || response.brief())?;
    wants_origin(&response, origin, &expected)?;
    for (name, wanted) in
        [("Access-Control-Allow-Methods", "POST"), ("Access-Control-Allow-Headers", "Content-Type")]
    {
        let said = response.header(name);
        let allows = |item: &str| item == "*" || item.eq_ignore_ascii_case(wanted);
        let allowed = said.is_some_and(|list| list.split(',').map(str::trim).any(allows));
        ensure(allowed, &expected, || told(name, said))?;
    }
    fine()
}

fn wants_origin(response: &Response, origin: &str, expected: &str) -> Result<(), Stop> {
    const NAME: &str = "Access-Control-Allow-Origin";
    let said = response.header(NAME);
    let allowed = said.is_some_and(|said| said == "*" || said == origin);
    ensure(allowed, expected, || told(NAME, said))
}

fn told(name: &str, said: Option<&str>) -> String {
    match said {
        Some(said) => format!("{name}: {said}"),
        None => format!("no {name}"),
    }
}
