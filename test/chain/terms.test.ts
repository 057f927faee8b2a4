import { expect, test } from 'vitest';
import { DEFAULT_TERMS, readTerms, writeTerms } from '../../chain/terms.ts';

test('terms survive being written and read', () => {
  const terms = { ...DEFAULT_TERMS, window: 7200, claimBond: 2n * 10n ** 18n };
  expect(readTerms(writeTerms(terms))).toEqual({ terms, problems: [] });
});

test('what is left out is the default', () => {
  expect(readTerms('{"clock":7200}').terms).toEqual({ ...DEFAULT_TERMS, clock: 7200 });
});

test.each([
  ['{', 'no JSON'],
  ['[]', 'must be a JSON object'],
  ['null', 'must be a JSON object'],
  ['{"windows":1}', 'there is no term "windows"'],
  ['{"__proto__":1}', 'there is no term'],
  ['{"window":1.5}', 'window must be seconds'],
  ['{"window":-1}', 'window must be seconds'],
  ['{"claimBond":1}', 'claimBond must be wei as a string'],
  ['{"claimBond":"1e18"}', 'claimBond must be wei as a string'],
  ['{"submitter":"me"}', 'submitter must be an address'],
])('%s is refused with what is wrong', (json, text) => {
  const { problems, terms } = readTerms(json);
  expect(problems.join()).toContain(text);
  expect(terms).toEqual(DEFAULT_TERMS);
});
