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

// How wide the page is, what is too small to be read, and what stands out too little from what is
// behind it (WCAG 2.2, 1.4.3 and 1.4.11): letters and the edges of fields. Runs in the page.
export function measure() {
  const wide = document.documentElement.scrollWidth;
  const shown = [...document.querySelectorAll('body *')].filter((it) => it.checkVisibility());
  const letters = shown.filter((it) =>
    [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()),
  );
  // A drawing may be scaled, and its letters with it.
  const size = (it) => {
    const svg = it.closest('svg');
    const scale = svg ? svg.getScreenCTM().a : 1;
    return parseFloat(getComputedStyle(it).fontSize) * scale;
  };
  const small = letters.filter((it) => size(it) < 9).map((it) => it.textContent.trim());
  const solid = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const behind = (it) => {
    for (let at = it; at; at = at.parentElement) {
      const colour = solid(getComputedStyle(at).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  const light = (colour) => {
    const linear = colour.slice(0, 3).map((it) => it / 255);
    const [r, g, b] = linear.map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const faint = [];
  for (const it of letters) {
    if (it.closest('svg') || it.closest(':disabled')) continue;
    const found = contrast(solid(getComputedStyle(it).color), behind(it));
    if (found < 4.5) faint.push(`${it.textContent.trim().slice(0, 30)}: ${found.toFixed(2)}`);
  }
  for (const it of document.querySelectorAll('input')) {
    const found = contrast(solid(getComputedStyle(it).borderTopColor), behind(it));
    if (found < 3) faint.push(`the edge of ${it.id}: ${found.toFixed(2)}`);
  }
  return { wide, small: small.slice(0, 10), faint: faint.slice(0, 10) };
}
