export { expectReadmeExample, firstExample, matchesPromise, promisedLines, runReadmeExample } from './readme.ts';
