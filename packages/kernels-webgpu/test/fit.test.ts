import './setup/node.ts';
import { fitSuite } from './suites/fit.ts';

fitSuite();
