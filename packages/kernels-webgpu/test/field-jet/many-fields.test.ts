/** @file Many fields at once, in Node. */
import '../setup/node.ts';
import { manyFieldsSuite } from '../suites/many-fields.ts';

manyFieldsSuite();
