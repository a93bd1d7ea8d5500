import { expect, test } from 'vitest';
import { ExplainedError } from '../src/explained-error.ts';

test('the message has the file, the function and the reason, where they are given', () => {
  expect(new ExplainedError('decode', 'it is empty').message).toBe('decode: it is empty');
  expect(new ExplainedError(undefined, 'it is empty').message).toBe('it is empty');
  expect(new ExplainedError('decode', 'it is empty', { path: 'a.png' }).message).toBe("'a.png': decode: it is empty");
});

test('its parts and its cause are the given ones', () => {
  const cause = new Error('why');
  const limit = { option: 'maxPixels', value: 9 };
  const error = new ExplainedError('decode', 'up to 9, got 10', { cause, got: '10', limit });
  expect(error).toMatchObject({ caller: 'decode', reason: 'up to 9, got 10', parts: { got: '10', limit } });
  expect(error.cause).toBe(cause);
  expect(new ExplainedError('decode', 'two networks', { option: 'prefix' }).message).toBe(
    'decode: two networks; specify the option prefix',
  );
  expect('cause' in new ExplainedError('decode', 'it is empty')).toBe(false);
});
