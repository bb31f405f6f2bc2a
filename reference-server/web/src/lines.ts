// Lines: what was said, the newest of it, in batches.
import { useCallback, useEffect, useRef, useState } from 'react';

import { uuid } from './uuid';

export type Line = { key: string; author: string; text: string; own: boolean };

// The newest lines, how many there were before them, and whether more come than can be read out.
export type Lines = { kept: Line[]; older: number; flooded: boolean };

const LINES_MAX = 1000;
// Of all lines together: a server may let through texts of a megabyte each.
const CHARACTERS_MAX = 4_000_000;
// Long enough for a busy room not to keep the page from anything else, too short to be noticed.
const BETWEEN_RENDERS_MS = 50;
const FLOOD_LINES_PER_SECOND = 10;

const NONE: Lines = { kept: [], older: 0, flooded: false };

// The lines, how to add one, and how to begin anew.
export function useLines() {
  const [lines, setLines] = useState(NONE);
  const waiting = useRef<Line[]>([]);
  const dropped = useRef(0);
  const timer = useRef<number>(undefined);
  const recent = useRef<number[]>([]);

  const render = useCallback(() => {
    timer.current = undefined;
    const [more, lost] = [waiting.current, dropped.current];
    waiting.current = [];
    dropped.current = 0;
    const now = performance.now();
    recent.current = recent.current.filter((at) => now - at < 1000);
    const flooded = recent.current.length > FLOOD_LINES_PER_SECOND;
    setLines((lines) => keepNewest({ ...lines, older: lines.older + lost, flooded }, more));
  }, []);

  const add = useCallback(
    (author: string, text: string, own: boolean) => {
      waiting.current.push({ key: uuid(), author, text, own });
      // A page in the background is woken seldom: what waits for it is bounded as well.
      if (waiting.current.length > LINES_MAX) {
        waiting.current.shift();
        dropped.current += 1;
      }
      recent.current.push(performance.now());
      if (recent.current.length > FLOOD_LINES_PER_SECOND + 1) recent.current.shift();
      timer.current ??= window.setTimeout(render, BETWEEN_RENDERS_MS);
    },
    [render],
  );

  const clear = useCallback(() => {
    waiting.current = [];
    dropped.current = 0;
    setLines(NONE);
  }, []);

  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return { lines, add, clear };
}

function keepNewest(lines: Lines, more: Line[]): Lines {
  const all = [...lines.kept, ...more];
  let from = Math.max(0, all.length - LINES_MAX);
  let characters = all.slice(from).reduce((sum, line) => sum + line.text.length, 0);
  // The last one stays, however long it is.
  for (; characters > CHARACTERS_MAX && from < all.length - 1; from += 1) {
    characters -= all[from]?.text.length ?? 0;
  }
  return { kept: all.slice(from), older: lines.older + from, flooded: lines.flooded };
}
