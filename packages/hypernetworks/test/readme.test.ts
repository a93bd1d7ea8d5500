import { expectReadmeExample } from '@neural-fields/testing';
import { test } from 'vitest';

test('the README example prints the output shown', () => expectReadmeExample(new URL('../README.md', import.meta.url)));
