// Look: opens a page and tells what a reader would notice. Takes `{page, widths, screenshots}` as
// JSON on standard input and answers in JSON on standard output.
import { input, launch, measure } from './browser.mjs';

const { page: url, widths, screenshots } = await input();
const browser = await launch();
try {
  const page = await browser.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => requests.push(request.url()));
  const looks = [];
  for (const scheme of ['light', 'dark']) {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(url, { waitUntil: 'load' });
      if (screenshots) {
        const path = `${screenshots}-${scheme}-${width}.png`;
        await page.screenshot({ path, fullPage: true });
      }
      looks.push({ scheme, width, ...(await page.evaluate(measure)) });
    }
  }
  await page.emulateMedia({ media: 'print' });
  // What is unfolded for paper is laid out with the next frames.
  let folded = await page.evaluate(foldedOf);
  for (let looks = 0; folded.hidden.length > 0 && looks < 40; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    folded = await page.evaluate(foldedOf);
  }
  await page.emulateMedia({ media: 'screen' });
  const figures = await page.evaluate(figuresOf);
  const title = await page.title();
  console.log(JSON.stringify({ title, complaints, requests, looks, figures, folded }));
} finally {
  await browser.close();
}

// What stands in the elements that name a figure of the report.
function figuresOf() {
  const named = [...document.querySelectorAll('[data-figure]')];
  return named.map((it) => [it.dataset.figure, it.dataset.value ?? it.textContent.trim()]);
}

// Of what can be unfolded, how much there is, and the summaries of what is not to be seen now.
function foldedOf() {
  const all = [...document.querySelectorAll('details')];
  const isSeen = (it) => {
    const inside = [...it.children].filter((child) => child.tagName !== 'SUMMARY');
    return inside.every((child) => child.checkVisibility({ contentVisibilityAuto: true })
      && child.getBoundingClientRect().height > 0);
  };
  const hidden = all.filter((it) => !isSeen(it)).map((it) => it.querySelector('summary').textContent);
  return { count: all.length, hidden };
}
