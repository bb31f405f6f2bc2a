// Watch: a person who shares a room with a run. Takes `{url, run, report, screenshot}` as JSON on
// standard input: where the server is, how to start the run, and where its report will be.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

import { input, launch } from './browser.mjs';

const PATIENCE_MS = 60_000;
const LINES_BEFORE = 30;

const { url, run, report, screenshot } = await input();
const browser = await launch();
let performing;
process.on('exit', () => performing?.kill('SIGKILL'));
try {
  console.log(JSON.stringify(await watch()));
} finally {
  await browser.close();
}

async function watch() {
  const page = await browser.newPage({ viewport: { width: 900, height: 620 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on('console', (it) => complaints.push(it.text()));
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  await page.goto(`${url}/?name=a%20person&room=room-0`);
  await page.locator('[data-connection=connected]').waitFor();
  // What the server says of itself shows that it has had the join: one event after the other.
  await page.getByRole('button', { name: 'Join Room' }).click();
  await page.getByText('1 room ·').waitFor();
  performing = spawn(run.program, run.args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => performing.once('exit', resolve));
  await page.locator('[role=log] li').nth(LINES_BEFORE).waitFor({ state: 'attached' });
  let own = 0;
  for (const text of ['hello', 'who are you all?', '<b>I</b> am a person']) {
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.keyboard.press('Enter');
    const said = page.locator('[role=log] .own').filter({ hasText: text });
    await said.waitFor({ state: 'attached' });
    own += await said.count();
  }
  await page.locator('[role=log][aria-live=off]').waitFor();
  if (screenshot) await page.screenshot({ path: `${screenshot}-watched.png` });
  const code = await ended;
  const said = JSON.parse(await readFile(report)).tally.messages;
  // What came last is shown with the next batch. Where it does not come, the figures tell.
  let seen = await page.evaluate(shown);
  for (let looks = 0; seen.all < said + 3 && looks < 100; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen = await page.evaluate(shown);
  }
  return { code, own, live: 'off', complaints, ...seen };
}

function shown() {
  const lines = [...document.querySelectorAll('[role=log] li')];
  const older = document.querySelector('.older')?.textContent.replace(/\D/g, '') ?? 0;
  const keys = new Set(lines.map((line) => line.dataset.key)).size;
  return { kept: lines.length, keys, all: lines.length + Number(older) };
}
