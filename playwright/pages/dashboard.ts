import type { Locator, Page } from '@playwright/test';

/** What every screen has, and where the screens are. */
export class Dashboard {
  readonly page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.#url}${path}`);
  }

  workload(name: string): Promise<void> {
    return this.open(`/ns/emojivoto/deployment/${name}`);
  }

  get title(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  /** The badge that says whether the page is live. */
  get badge(): Locator {
    return this.page.getByRole('region', { name: 'Place and tools' }).getByRole('status');
  }

  /** The row of a table (named by its caption) that names something. */
  row(table: string | RegExp, name: string | RegExp): Locator {
    return this.page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });
  }

  /** Rows of a tap, newest first; a click opens one. */
  get exchanges(): Locator {
    return this.page.getByRole('list', { name: /^Exchanges/ }).getByRole('button');
  }
}
