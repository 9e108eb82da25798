/** Lines written together once per turn of the event loop: writing to a pipe blocks, and each write costs a system call. */
export class LineBatch {
  readonly #write: (text: string) => void;
  #text = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  add(line: string): void {
    if (this.#text === '') setImmediate(() => this.#flush());
    this.#text += line;
  }

  #flush(): void {
    const text = this.#text;
    this.#text = '';
    this.#write(text);
  }
}
