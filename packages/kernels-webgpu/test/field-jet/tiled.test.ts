/**
 * @file The products through workgroup memory, which are meant for graphics cards and take the emulator seconds to
 * compile.
 */
import '../setup/node.ts';
import { describe } from 'vitest';
import { smallFieldJetSuite } from '../suites/field-jet.ts';
import { smallManyFieldsSuite } from '../suites/many-fields.ts';
import { smallNetworksSuite } from '../suites/networks.ts';

describe('chains', () => smallFieldJetSuite({ productStyle: 'tiled' }));
describe('networks', () => smallNetworksSuite({ productStyle: 'tiled' }));
describe('many fields', () => smallManyFieldsSuite({ productStyle: 'tiled' }));
