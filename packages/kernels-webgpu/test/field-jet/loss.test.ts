/** @file The fused loss. */
import '../setup/node.ts';
import { lossSuite } from '../suites/loss.ts';

lossSuite();
