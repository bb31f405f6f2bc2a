// Lines: what was said, the newest of it, in batches.
import { useCallback, useEffect, useRef, useState } from 'react';

import { uuid } from './uuid';

// Who said what; what nobody said is a note.
export type Line = { key: string; author: string; text: string; kind: 'own' | 'heard' | 'note' };

// The newest lines, how many there were before them, and whether more come than can be read out.
export type Lines = { kept: Line[]; older: number; flooded: boolean };

const LINES_MAX = 1000;
// Of all lines together: a server may let through texts of a megabyte each.
const CHARACTERS_MAX = 4_000_000;
// Long enough for a busy room not to keep the page from anything else, too short to be noticed.
const BETWEEN_RENDERS_MS = 50;
const FLOOD_LINES_PER_SECOND = 10;
const AFTER_FLOOD_MS = 1000;

const NONE: Lines = { kept: [], older: 0, flooded: false };

// The lines, and how to add one.
export function useLines() {
  const [lines, setLines] = useState(NONE);
  const waiting = useRef<Line[]>([]);
  const characters = useRef(0);
  const dropped = useRef(0);
  const timer = useRef<number>(undefined);
  const calm = useRef<number>(undefined);
  const recent = useRef<number[]>([]);

  const render = useCallback(() => {
    timer.current = undefined;
    const [more, lost] = [waiting.current, dropped.current];
    waiting.current = [];
    characters.current = 0;
    dropped.current = 0;
    const now = performance.now();
    recent.current = recent.current.filter((at) => now - at < 1000);
    const flooded = recent.current.length > FLOOD_LINES_PER_SECOND;
    // The flood is over when nothing has come for a while: what comes next is to be read out.
    window.clearTimeout(calm.current);
    if (flooded) calm.current = window.setTimeout(render, AFTER_FLOOD_MS);
    setLines((lines) => keepNewest({ ...lines, older: lines.older + lost, flooded }, more));
  }, []);

  const add = useCallback(
    (author: string, text: string, kind: Line['kind']) => {
      waiting.current.push({ key: uuid(), author, text, kind });
      characters.current += text.length;
      // A page in the background is woken seldom: what waits for it is bounded as well.
      while (
        waiting.current.length > LINES_MAX ||
        (characters.current > CHARACTERS_MAX && waiting.current.length > 1)
      ) {
        characters.current -= waiting.current.shift()?.text.length ?? 0;
        dropped.current += 1;
      }
      recent.current.push(performance.now());
      if (recent.current.length > FLOOD_LINES_PER_SECOND + 1) recent.current.shift();
      timer.current ??= window.setTimeout(render, BETWEEN_RENDERS_MS);
    },
    [render],
  );

  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      window.clearTimeout(calm.current);
      timer.current = undefined;
    },
    [],
  );
  return { lines, add };
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
