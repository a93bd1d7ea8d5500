/** @file Networks of all kinds of operations, in Node. */
import '../setup/node.ts';
import { networksSuite } from '../suites/networks.ts';

networksSuite();
