// Browser: a headless Chromium, for the scripts beside this one.
import { chromium } from 'playwright-core';

// What the test asks for.
export async function input() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

// The Chromium that the test has found. Inside containers tests run as root, where its sandbox
// does not start; it only ever opens our own pages.
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHATBENCH_CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}
