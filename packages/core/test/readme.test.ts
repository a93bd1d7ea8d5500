import { expectReadmeExample } from '@neural-fields/testing';
import { test } from 'vitest';

test('the example of the README prints the documented output', () =>
  expectReadmeExample(new URL('../README.md', import.meta.url)));
