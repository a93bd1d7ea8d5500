/**
 * @file The products with workgroup memory. They are meant for graphics cards; the software adapter takes seconds to
 *   compile them.
 */
import '../setup/node.ts';
import { describe } from 'vitest';
import { smallFieldJetSuite } from '../suites/field-jet.ts';
import { smallManyFieldsSuite } from '../suites/many-fields.ts';
import { smallNetworksSuite } from '../suites/networks.ts';

describe('chains', () => smallFieldJetSuite({ productStyle: 'tiled' }));
describe('networks', () => smallNetworksSuite({ productStyle: 'tiled' }));
describe('many fields', () => smallManyFieldsSuite({ productStyle: 'tiled' }));
