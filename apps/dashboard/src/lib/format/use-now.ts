'use client';
import { useSyncExternalStore } from 'react';

const STEP_MS = 1000;

/** The viewer's clock, drawn anew each second; 0 while the page is drawn on the server, which has no viewer. */
export function useNow(): number {
  return useSyncExternalStore(everySecond, currentSecond, () => 0);
}

function everySecond(onChange: () => void): () => void {
  const timer = setInterval(onChange, STEP_MS);
  return () => {
    clearInterval(timer);
  };
}

function currentSecond(): number {
  return Math.floor(Date.now() / STEP_MS) * STEP_MS;
}
