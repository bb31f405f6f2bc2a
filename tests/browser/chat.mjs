// Chat: people who talk to each other by the page in a real browser, and what its network saw.
// Takes `{server, page, screenshots}` as JSON on standard input: how to start the server, and the
// page of Vite to talk from, if it is not the server's own. In both, ${PORT} and ${ORIGIN} stand
// for what is only known here.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

import { input, launch, measure } from './browser.mjs';

const PATIENCE_MS = 60_000;
const TEXTS = [
  'hello',
  'naïve — 日本語 😀 👩‍👩‍👧 ß',
  'שלום עולם, (مرحبا) abc',
  `"double" 'single' \\ back\\nslash & &amp; \${text} %s`,
  `<img src=x onerror="window.hacked=1"><script>window.hacked=2</script><b>bold</b>`,
  '   spaces before and behind   ',
  '__proto__',
  'null',
  `very ${'long '.repeat(6000)}`,
  'line\u2028separator \ufeff mark',
];

const asked = await input();
const processes = [];
const browser = await launch();
process.on('exit', () => processes.forEach((it) => it.kill('SIGKILL')));
try {
  console.log(JSON.stringify(await play()));
} finally {
  await browser.close();
  processes.forEach((it) => it.kill('SIGKILL'));
}

async function play() {
  const [port, pagePort] = [await freePort(), await freePort()];
  // The same page at the same port: a browser takes them for two origins.
  const [origin, stranger] = [`http://localhost:${pagePort}`, `http://127.0.0.1:${pagePort}`];
  const values = { PORT: port, ORIGIN: origin, PAGE_PORT: pagePort };
  const at = `http://127.0.0.1:${port}`;
  let server = await start(asked.server, values, at + '/socket.io/?EIO=4&transport=polling');
  if (asked.page) await start(asked.page, values, stranger);
  const url = asked.page ? origin : at;

  const people = {};
  for (const [name, room] of [['ann', 'tea'], ['bob', 'tea'], ['cem', 'cake']]) {
    people[name] = await enter(url, at, name, room);
  }
  const { ann, bob, cem } = people;
  await areTogether(ann, bob);
  for (const [at, text] of TEXTS.entries()) {
    await say(at % 2 === 0 ? ann : bob, text, at % 3 === 0);
  }
  await say(cem, 'only cake', false);
  await say(ann, '', false);
  await say(ann, '   ', false);
  await say(bob, 'the end', false);
  await shows(ann, 'the end');
  const before = await lists(people);
  const markup = await ann.page.evaluate(() => ({
    images: document.images.length,
    hacked: window.hacked ?? null,
    aria: document.querySelector('[role=log]').ariaLive,
  }));
  const looks = await look(ann);

  await end(server);
  for (const person of Object.values(people)) await stands(person, ['reconnecting', 'offline']);
  const restarted = Object.values(people).map((person) => person.complaints.length);
  server = await start(asked.server, values, at + '/socket.io/?EIO=4&transport=polling');
  for (const person of Object.values(people)) await stands(person, ['connected']);
  for (const person of Object.values(people)) await upgraded(person, 2);
  await areTogether(bob, ann);
  await say(ann, 'back again', false);
  await shows(bob, 'back again');
  await say(bob, 'me too', false);
  await shows(ann, 'me too');
  const after = await lists(people);

  const answer = { texts: TEXTS, before, after, markup, looks, restarted, people: {} };
  for (const [name, person] of Object.entries(people)) {
    answer.people[name] = { ...told(person), notes: await notes(person) };
  }
  answer.moved = await move(cem, 'tea', ann);
  if (asked.page) answer.refused = await refused(stranger);
  return answer;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Starts a process and waits until it answers at `url`.
async function start({ program, args, folder, env }, values, url) {
  const filled = (text) => text.replace(/\$\{(\w+)\}/g, (_, name) => values[name]);
  const more = Object.entries(env ?? {}).map(([name, text]) => [name, filled(text)]);
  const child = spawn(program, args.map(filled), {
    cwd: folder,
    env: { ...process.env, ...Object.fromEntries(more) },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  processes.push(child);
  await until(`an answer of ${url}`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ends with ${child.exitCode}`);
    return fetch(url).then((answer) => answer.ok, () => false);
  });
  return child;
}

async function end(child) {
  child.kill('SIGKILL');
  await until('an end', () => child.exitCode !== null || child.signalCode !== null);
}

async function until(what, isSo) {
  const from = performance.now();
  while (!(await isSo())) {
    if (performance.now() - from > PATIENCE_MS) throw new Error(`no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// A person of their own browser, which notes all that goes over its network.
async function enter(url, server, name, room) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const person = { name, page, context, complaints: [], frames: [], requests: [] };
  page.on('console', (it) => {
    if (['error', 'warning'].includes(it.type())) person.complaints.push(it.text());
  });
  page.on('pageerror', (error) => person.complaints.push(`uncaught: ${error.message}`));
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  // Vite has a WebSocket of its own.
  const sockets = new Set();
  const isChat = (it) => it.startsWith(server) || it.startsWith(server.replace('http', 'ws'));
  devtools.on('Network.webSocketCreated', ({ requestId, url }) => {
    if (isChat(url)) sockets.add(requestId);
  });
  devtools.on('Network.requestWillBeSent', ({ request }) => {
    if (!isChat(request.url)) return;
    person.requests.push({ url: request.url, open: person.open });
    // Until the WebSocket stands, packets are posted.
    person.frames.push(...(request.postData ?? '').split('\x1e'));
  });
  devtools.on('Network.webSocketFrameSent', ({ requestId, response }) => {
    if (!sockets.has(requestId)) return;
    person.frames.push(response.payloadData);
    if (response.payloadData === '5') person.open = true;
  });
  devtools.on('Network.webSocketClosed', ({ requestId }) => {
    if (sockets.has(requestId)) person.open = false;
  });
  // One does without what a page has only where its connection is secure.
  if (name === 'bob') await page.addInitScript(() => delete Crypto.prototype.randomUUID);
  await page.goto(url);
  await stands(person, ['connected']);
  await upgraded(person, 1);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Room').fill(room);
  await page.getByRole('button', { name: 'Join Room' }).click();
  await page.getByLabel('Message', { exact: true }).waitFor();
  return person;
}

async function stands(person, wanted) {
  const shown = () => person.page.getAttribute('[data-connection]', 'data-connection');
  await until(`${wanted} of ${person.name}`, async () => wanted.includes(await shown()));
}

async function upgraded({ name, frames }, times) {
  const upgrades = () => frames.filter((frame) => frame === '5').length;
  await until(`WebSocket of ${name}`, () => upgrades() >= times);
}

async function say({ page }, text, byButton) {
  const field = page.getByLabel('Message', { exact: true });
  await field.fill(text);
  if (byButton) await page.getByRole('button', { name: 'Send' }).click();
  else await field.press('Enter');
}

async function shows(person, text) {
  await until(`"${text}" at ${person.name}`, async () =>
    (await list(person)).some((line) => line.text === text),
  );
}

// A join is not acknowledged: each of the two says something until the other hears it.
async function areTogether(one, other) {
  for (const [mouth, ear] of [[one, other], [other, one]]) {
    const heard = async () =>
      (await list(ear)).filter((line) => line.text.startsWith('probe') && !line.own).length;
    const from = await heard();
    let probes = 0;
    await until('evidence of a join', async () => {
      if (probes++ % 25 === 0) await say(mouth, `probe ${probes}`, false);
      return (await heard()) > from;
    });
  }
}

function list({ page }) {
  return page.evaluate(() =>
    [...document.querySelectorAll('[role=log] li:not(.note)')].map((it) => ({
      key: it.dataset.key,
      author: it.querySelector('.author').textContent,
      text: it.querySelector('.text').textContent,
      own: it.classList.contains('own'),
    })),
  );
}

async function lists(people) {
  const all = {};
  for (const [name, person] of Object.entries(people)) {
    const lines = (await list(person)).filter((line) => !line.text.startsWith('probe'));
    all[name] = lines;
  }
  return all;
}

function told({ complaints, frames, requests }) {
  const sent = (event) => frames.filter((frame) => frame.startsWith(`42["${event}"`)).length;
  return {
    complaints,
    joins: sent('join-room'),
    messages: sent('send-msg'),
    upgrades: frames.filter((frame) => frame === '5').length,
    requests: requests.length,
    requests_while_open: requests.filter((it) => it.open).map((it) => it.url),
  };
}

// What somebody sees who comes from where the server lets nobody come from.
async function refused(url) {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (it) => complaints.push(it.text()));
  await page.goto(url);
  await stands({ name: 'a stranger', page }, ['offline']);
  return complaints.filter((it) => it.includes('CORS')).length;
}

function notes({ page }) {
  return page.locator('[role=log] .note').allTextContents();
}

// Goes to another room, where `host` is: what is left and what is there.
async function move(person, room, host) {
  await person.page.getByRole('button', { name: 'Leave' }).click();
  await person.page.getByLabel('Room').fill(room);
  const join = await person.page.evaluate(measure);
  await person.page.getByRole('button', { name: 'Join Room' }).click();
  await areTogether(host, person);
  const probes = (await list(person)).map((line) => line.text);
  const heading = await person.page.locator('h1').textContent();
  return { heading, others: probes.filter((text) => !text.startsWith('probe')), join };
}

async function look({ page }) {
  const looks = [];
  for (const scheme of ['light', 'dark']) {
    for (const width of [1400, 420, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      looks.push({ scheme, width, ...(await page.evaluate(measure)) });
      const path = `${asked.screenshots}-${scheme}-${width}.png`;
      if (asked.screenshots) await page.screenshot({ path });
    }
  }
  return looks;
}
