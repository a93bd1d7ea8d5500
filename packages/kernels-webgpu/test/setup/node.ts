/** @file Provides `navigator.gpu` in Node before a test file imports the kernels. */
import { create, globals } from 'webgpu';
import { installDawn } from '../../src/node.ts';

installDawn({ create, globals });
