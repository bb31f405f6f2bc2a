//! Apart: a liar in a process of its own, whose memory and files are its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::liar::{Liar, Lie, Setup};
use crate::lies::ALL;

/// Where this is set, the test below is that process; it says by which lie, if by any.
const LIVES_BY: &str = "CHATBENCH_LIAR_APART";
const SAYS: &str = "listening on ";

/// A running liar, which ends when this is dropped.
pub(crate) struct Apart {
    process: Child,
    url: String,
}

impl Apart {
    /// Starts one that lives by `lie`, or that is right in everything: this very program, in which
    /// only the test below is run.
    pub(crate) fn start(lie: Option<Lie>) -> Apart {
        let program = std::env::current_exe().expect("it runs");
        let mut process = Command::new(program)
            .args(["--exact", "apart::serves_until_its_input_ends", "--nocapture"])
            .env(LIVES_BY, lie.map(|lie| format!("{lie:?}")).unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("what runs can be run");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let said = stdout.lines().map_while(Result::ok);
        let url =
            said.filter_map(|line| line.split_once(SAYS).map(|(_, url)| url.to_owned())).next();
        let url = url.expect("it says where it listens");
        Apart { process, url }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Passes at once, but where it is meant to serve.
#[test]
fn serves_until_its_input_ends() {
    let Ok(name) = std::env::var(LIVES_BY) else { return };
    let mut lies = ALL.iter().copied().flatten().map(|row| row.lie);
    let lie = lies.find(|lie| format!("{lie:?}") == name);
    assert!(lie.is_some() || name.is_empty(), "there is no lie called {name}");
    let liar = Liar::start(lie, None, Setup::default());
    println!("{SAYS}{}", liar.url(0));
    // However it ends, it is over.
    let _ = std::io::stdin().read(&mut [0]);
}
