import { inspect } from 'node:util';

const MASK = '***';

/** Text that must not be printed by accident: log, JSON and templates show `***`, only `reveal` the text. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
