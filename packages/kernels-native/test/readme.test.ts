import { expectReadmeExample } from '@neural-fields/testing';
import { it } from 'vitest';
import { withNative } from './native-backend.ts';

withNative(() =>
  it('the example of the README prints what it says', () =>
    expectReadmeExample(new URL('../README.md', import.meta.url))),
);
