import './setup/node.ts';
import { expectReadmeExample } from '@neural-fields/testing';
import { test } from 'vitest';
import { onGpu } from './setup/gpu.ts';

onGpu();

test('the README example prints the output that it shows', () =>
  expectReadmeExample(new URL('../README.md', import.meta.url)));
