/**
 * @file Registers the gradients of all tfjs ops. tfjs-core alone has none until its registration file is imported, and
 *   Node cannot import that file: its own imports lack their extensions. So this file has two builds: bundlers take the
 *   one that imports the file from the peer dependency, Node the one that contains it (`#gradients` in package.json).
 *   Both write to the one registry that tfjs keeps globally.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
