/** JSON that keeps bigints: `{"$bigint": "12"}`. What a Durable Object's rows hold. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === 'bigint' ? { $bigint: item.toString() } : item,
  );
}

export function decode<T>(text: string): T {
  return JSON.parse(text, (_, item) =>
    item !== null && typeof item === 'object' && typeof item.$bigint === 'string'
      ? BigInt(item.$bigint)
      : item,
  ) as T;
}
