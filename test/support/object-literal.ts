/** Data in minified JavaScript, read without running it. */

/** The value after the first `exports=` of a file: an object, list, string, number or truth value as minifiers write them. */
export function exportedLiteral(source: string): unknown {
  const at = source.search(/\.exports=["{[]/);
  if (at < 0) throw new Error('the file exports no literal');
  return new LiteralReader(source, at + '.exports='.length).value();
}

class LiteralReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  value(): unknown {
    const next = this.#text[this.#at];
    if (next === '{') return this.#object();
    if (next === '[') return this.#items(']', () => this.value());
    if (next === '"') return this.#string();
    const word = this.#match(/!0|!1|null|-?[\d.]+(e[+-]?\d+)?/y);
    if (word === '!0' || word === '!1') return word === '!0';
    // JSON knows no `.5`; Number does.
    return word === 'null' ? null : Number(word);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new Error(`unexpected text at ${this.#at}`);
    this.#at += found.length;
    return found;
  }

  #string(): string {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #items<T>(end: string, read: () => T): T[] {
    const list: T[] = [];
    this.#at++;
    while (this.#text[this.#at] !== end) {
      list.push(read());
      if (this.#text[this.#at] === ',') this.#at++;
    }
    this.#at++;
    return list;
  }

  #object(): unknown {
    return Object.fromEntries(
      this.#items('}', (): [string, unknown] => {
        const key = this.#text[this.#at] === '"' ? this.#string() : this.#match(/[\w$]+/y);
        this.#match(/:/y);
        return [key, this.value()];
      }),
    );
  }
}
