/** What jsdom lacks and Mantine asks for. */
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';

Object.defineProperty(window, 'matchMedia', {
  writable: true,
  value: (query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  }),
});

class SilentResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

window.ResizeObserver = SilentResizeObserver;
Element.prototype.scrollIntoView = () => undefined;

// Pages are tested against a real server on a real socket; a busy machine may take its time.
configure({ asyncUtilTimeout: 8000 });

afterEach(cleanup);
